package protection

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestOldObjectsThatCannotBeRead(t *testing.T) {
	const always = `"metadata":{"name":"x","labels":{"` + Label + `":"Always"}}`
	const cascading = `"labels":{"` + Label + `":"Cascading"}`
	for name, c := range map[string]struct {
		kind schema.GroupVersionKind
		old  string
		want string
	}{
		"a string":                    {deployment, `"x"`, "cannot read the old Deployment"},
		"a list":                      {namespace, `[]`, "cannot read the old Namespace"},
		"cut short":                   {deployment, `{"metadata":`, "cannot read the old Deployment"},
		"labels are a list":           {service, `{"metadata":{"labels":[]}}`, "cannot read the old Service"},
		"a label is a number":         {ingress, `{"metadata":{"labels":{"a":1}}}`, "cannot read the old Ingress"},
		"deletionTimestamp is a word": {deployment, `{"metadata":{"deletionTimestamp":"soon"}}`, "cannot read the old Deployment"},
		"spec is a string":            {namespace, `{` + always + `,"spec":"x"}`, "cannot read the spec of the old Namespace"},
		"replicas is a word":          {cloneSet, `{` + always + `,"spec":{"replicas":"three"}}`, "cannot read the spec of the old CloneSet"},
		"replicas is a fraction":      {cloneSet, `{` + always + `,"spec":{"replicas":1.5}}`, "cannot read the spec of the old CloneSet"},
		"replicas is too large":       {cloneSet, `{` + always + `,"spec":{"replicas":2147483648}}`, "cannot read the spec of the old CloneSet"},
		"versions are an object":      {crd, `{` + always + `,"spec":{"versions":{}}}`, "cannot read the spec of the old CustomResourceDefinition"},
		"another kind":                {deployment, `{"apiVersion":"v1","kind":"Pod",` + always + `}`, `the old object is of kind "Pod", apiVersion "v1"; the request is about Deployment, apps/v1`},
		"another version":             {cloneSet, `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet",` + always + `}`, `apiVersion "apps.kruise.io/v1alpha1"`},
		"another group":               {statefulSet, `{"apiVersion":"apps.kruise.io/v1beta1",` + always + `}`, `apiVersion "apps.kruise.io/v1beta1"`},
		"namespace without name":      {namespace, `{"metadata":{` + cascading + `}}`, `metadata.name "" of the old Namespace`},
		"namespace that climbs":       {namespace, `{"metadata":{"name":"../secrets",` + cascading + `}}`, `metadata.name "../secrets" of the old Namespace`},
	} {
		t.Run(name, func(t *testing.T) {
			// No Dependents: a look-up would be an error.
			got, err := New(Options{Enabled: true}).Review(context.Background(), deleteOf(c.kind, c.old))
			if err != nil {
				t.Fatal(err)
			}
			if got.Allowed || got.Code != 400 || got.Reason != metav1.StatusReasonBadRequest || !strings.Contains(got.Message, c.want) {
				t.Errorf("got %+v, want 400 %q", got, c.want)
			}
		})
	}
}

func TestOldObjectsThatCanBeRead(t *testing.T) {
	const always = `"metadata":{"name":"x","labels":{"` + Label + `":"Always"}}`
	for name, c := range map[string]struct {
		kind schema.GroupVersionKind
		old  string
	}{
		"without type":              {deployment, `{` + always + `}`},
		"with type":                 {deployment, `{"apiVersion":"apps/v1","kind":"Deployment",` + always + `}`},
		"with kind alone":           {cloneSet, `{"kind":"CloneSet",` + always + `}`},
		"older CloneSet":            {inVersion(cloneSet, "v1alpha1"), `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"CloneSet",` + always + `}`},
		"older Ingress":             {inVersion(ingress, "v1beta1"), `{"apiVersion":"networking.k8s.io/v1beta1",` + always + `}`},
		"spec is null":              {united, `{` + always + `,"spec":null}`},
		"unknown fields":            {united, `{` + always + `,"spec":{"replicas":1,"colour":"blue"},"mood":[1]}`},
		"members in another case":   {service, `{` + always + `,"Metadata":{"labels":{}}}`},
		"replicas of a Service":     {service, `{` + always + `,"spec":{"replicas":"three"}}`},
		"definition of other type":  {crd, `{"apiVersion":"v1","kind":"Pod",` + always + `}`},
		"older definition":          {inVersion(crd, "v1beta1"), `{` + always + `}`},
		"a Deployment asked for v2": {inVersion(deployment, "v2"), `{` + always + `}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := New(Options{Enabled: true}).Review(context.Background(), deleteOf(c.kind, c.old))
			if err != nil {
				t.Fatal(err)
			}
			if got.Code != 403 {
				t.Errorf("got %+v, want a refusal", got)
			}
		})
	}
}

// A request that contradicts itself about its version is not understood.
func TestVersionsOfKindAndResourceDiffer(t *testing.T) {
	request := deleteOf(cloneSet, labelled("Always", "", ""))
	request.Resource.Version = "v3"
	got, err := New(Options{Enabled: true}).Review(context.Background(), request)
	if err != nil || got.Code != 400 {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := `unsupported version of CloneSet: kind.version is "v1beta1" and resource.version is "v3"; send v1alpha1 or v1beta1`
	if got.Message != want {
		t.Errorf("got %q, want %q", got.Message, want)
	}
}
