package workloads

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kruise-admission/kruise-admission/decision"
)

var (
	deployment = schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}
	gizmo      = schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Gizmo"}
)

func newReader(fail error) *Reader {
	stored := func(kind schema.GroupVersionKind, name string) *unstructured.Unstructured {
		object := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"replicas": int64(3)}}}
		object.SetGroupVersionKind(kind)
		object.SetNamespace("shop")
		object.SetName(name)
		return object
	}
	web := stored(deployment, "web")
	_ = unstructured.SetNestedSlice(web.Object, []any{map[string]any{"manager": "kubectl"}}, "metadata", "managedFields")
	client := fake.NewSimpleDynamicClient(runtime.NewScheme(), web, stored(gizmo, "g"))
	if fail != nil {
		client.PrependReactor("get", "*", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, fail })
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(gizmo, meta.RESTScopeNamespace)
	return NewReader(client, mapper)
}

func TestWorkload(t *testing.T) {
	for name, test := range map[string]struct {
		kind            schema.GroupVersionKind
		namespace, name string
		found           bool
	}{
		"a kind that is built in":          {deployment, "shop", "web", true},
		"another name":                     {deployment, "shop", "other", false},
		"another namespace":                {deployment, "lab", "web", false},
		"a kind from the table":            {gizmo, "shop", "g", true},
		"a kind that nobody serves":        {gizmo.GroupVersion().WithKind("Gadget"), "shop", "g", false},
		"a version that nobody serves":     {schema.GroupVersionKind{Group: "example.com", Version: "v9", Kind: "Gizmo"}, "shop", "g", false},
		"a name that leads elsewhere":      {deployment, "shop", "../../secrets/x", false},
		"a namespace that leads elsewhere": {deployment, "../shop", "web", false},
		"no name":                          {deployment, "shop", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := newReader(nil).Workload(t.Context(), test.kind, test.namespace, test.name)
			if err != nil || (raw != nil) != test.found {
				t.Fatalf("got %s, %v", raw, err)
			}
			if test.found && (!json.Valid(raw) || !strings.Contains(string(raw), `"replicas":3`) || strings.Contains(string(raw), "managedFields")) {
				t.Errorf("got %s", raw)
			}
		})
	}
}

func TestWorkloadThatCannotBeRead(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		again bool
	}{
		"forbidden":   {apierrors.NewForbidden(schema.GroupResource{Resource: "deployments"}, "web", errors.New("no")), false},
		"unreachable": {errors.New("connection refused"), true},
		"too late":    {context.DeadlineExceeded, true},
	} {
		t.Run(name, func(t *testing.T) {
			raw, err := newReader(test.err).Workload(t.Context(), deployment, "shop", "web")
			var unable *decision.Unable
			if !errors.As(err, &unable) || !errors.Is(err, test.err) || raw != nil {
				t.Fatalf("got %s, %v", raw, err)
			}
			if _, again := decision.RetryAfter(err); again != test.again {
				t.Errorf("asking again helps: %t", again)
			}
		})
	}
}
