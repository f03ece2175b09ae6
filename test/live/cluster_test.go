package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/cluster/live"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// serverNamespace is where deploy/ installs the server.
const serverNamespace = "kruise-admission"

var (
	crds         = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	namespaces   = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	configMaps   = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
	revisions    = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "controllerrevisions"}
	rbacResource = map[string]schema.GroupVersionResource{
		"Namespace":          namespaces,
		"ServiceAccount":     {Version: "v1", Resource: "serviceaccounts"},
		"ClusterRole":        {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterroles"},
		"ClusterRoleBinding": {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "clusterrolebindings"},
		"Role":               {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "roles"},
		"RoleBinding":        {Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"},
	}
)

func sidecarSets(version string) schema.GroupVersionResource {
	return schema.GroupVersionResource{Group: "apps.kruise.io", Version: version, Resource: "sidecarsets"}
}

// testCluster is a control plane with the server's namespace and rights.
type testCluster struct {
	t       *testing.T
	plane   *controlplane.ControlPlane
	dynamic dynamic.Interface
}

func newCluster(t *testing.T, plane *controlplane.ControlPlane) *testCluster {
	t.Helper()
	client, err := dynamic.NewForConfig(plane.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	c := &testCluster{t: t, plane: plane, dynamic: client}
	c.createIfMissing(namespaces, "", object(`{apiVersion: v1, kind: Namespace, metadata: {name: kruise-admission}}`))
	rbac, err := os.ReadFile("../../deploy/manifests/10-rbac.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.SplitSeq(string(rbac), "\n---\n") {
		o := object(text)
		resource, ok := rbacResource[o.GetKind()]
		if !ok {
			t.Fatalf("10-rbac.yaml holds a %s", o.GetKind())
		}
		c.createIfMissing(resource, o.GetNamespace(), o)
	}
	return c
}

func object(text string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &o.Object); err != nil {
		panic(err) // a mistake in a test
	}
	return o
}

func (c *testCluster) create(resource schema.GroupVersionResource, namespace string, o *unstructured.Unstructured) {
	c.t.Helper()
	if _, err := c.dynamic.Resource(resource).Namespace(namespace).Create(c.t.Context(), o, metav1.CreateOptions{FieldValidation: "Ignore"}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testCluster) createIfMissing(resource schema.GroupVersionResource, namespace string, o *unstructured.Unstructured) {
	c.t.Helper()
	_, err := c.dynamic.Resource(resource).Namespace(namespace).Create(c.t.Context(), o, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		c.t.Fatal(err)
	}
}

func (c *testCluster) delete(resource schema.GroupVersionResource, namespace, name string) {
	c.t.Helper()
	if err := c.dynamic.Resource(resource).Namespace(namespace).Delete(context.WithoutCancel(c.t.Context()), name, metav1.DeleteOptions{}); err != nil {
		c.t.Fatal(err)
	}
}

// installCRD makes the cluster serve SidecarSets in versions, the last of which is stored, and takes them away at the end of the test. They
// convert through a webhook that does not exist: whoever needs a conversion to fill its view would wait for ever.
func (c *testCluster) installCRD(versions ...string) {
	c.t.Helper()
	const schema = `{openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}`
	var served []string
	for i, version := range versions {
		served = append(served, fmt.Sprintf("{name: %s, served: true, storage: %v, schema: %s}", version, i == len(versions)-1, schema))
	}
	c.create(crds, "", object(`{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: sidecarsets.apps.kruise.io},
		spec: {group: apps.kruise.io, scope: Cluster, names: {kind: SidecarSet, listKind: SidecarSetList, plural: sidecarsets, singular: sidecarset},
		conversion: {strategy: Webhook, webhook: {conversionReviewVersions: [v1], clientConfig: {service: {namespace: nowhere, name: nobody, path: /convert}}}},
		versions: [`+strings.Join(served, ",")+`]}}`))
	c.t.Cleanup(func() {
		c.delete(crds, "", "sidecarsets.apps.kruise.io")
		controlplane.Eventually(c.t, "the CRD is gone, so that another test can install its own", func(ctx context.Context) error {
			if _, err := c.dynamic.Resource(crds).Get(ctx, "sidecarsets.apps.kruise.io", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
				return fmt.Errorf("it is there: %v", err)
			}
			for _, version := range versions {
				if _, err := c.dynamic.Resource(sidecarSets(version)).List(ctx, metav1.ListOptions{}); !apierrors.IsNotFound(err) {
					return fmt.Errorf("%s is served: %v", version, err)
				}
			}
			return nil
		})
	})
	controlplane.Eventually(c.t, "SidecarSets are served", func(ctx context.Context) error {
		_, err := c.dynamic.Resource(sidecarSets(versions[len(versions)-1])).List(ctx, metav1.ListOptions{})
		return err
	})
}

// source is a live source that runs until the test ends, and what it said.
type source struct {
	*live.Source
	mu    sync.Mutex
	errs  []string
	calls []string
}

// run starts a source with the rights of the server.
func (c *testCluster) run() *source {
	c.t.Helper()
	config := c.plane.RESTConfig()
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:kruise-admission:kruise-admission",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:kruise-admission", "system:authenticated"},
	}
	s := &source{}
	var err error
	s.Source, err = live.New(config, live.Options{
		Namespace: serverNamespace,
		OnError: func(err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.errs = append(s.errs, err.Error())
		},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	s.OnChange(func(names []string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls = append(s.calls, strings.Join(names, ","))
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	c.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			c.t.Errorf("Run: %v", err)
		}
	})
	s.eventually(c.t, "the view is synced", s.Synced)
	return s
}

func (s *source) eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	controlplane.Eventually(t, what, func(context.Context) error {
		if condition() {
			return nil
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return errors.New("errors reported so far: " + strings.Join(s.errs, "; "))
	})
}

func (s *source) said() (errs, calls []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.errs), slices.Clone(s.calls)
}

func (s *source) names() string {
	var names []string
	for _, set := range s.SidecarSets() {
		names = append(names, set.Name)
	}
	return strings.Join(names, ",")
}
