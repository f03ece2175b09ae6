package protection

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// collectionConfiguration adds a core kind and a custom resource to what OpenKruise protects.
const collectionConfiguration = `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: "", resource: configmaps, kind: ConfigMap, versions: [v1]}]
  cascading: {mountedBy: {}}
- resources: [{group: table.example.com, resource: databases, kind: Database, versions: [v1, v1beta1]}]
  cascading: {replicas: {path: spec.replicas}}
breakGlass: {groups: [oncall]}
`

// collectionKinds are the kinds that OpenKruise protects, a core kind and a custom resource.
var collectionKinds = append(slices.Clone(kinds), []kind{
	{"configmap", "v1", "ConfigMap", "", false},
	{"database", "table.example.com/v1beta1", "Database", "{replicas: %d}", true},
}...)

// collectionResources are what metrics call the kinds.
var collectionResources = map[string]string{
	"deployment": "deployments.apps", "replicaset": "replicasets.apps", "statefulset": "statefulsets.apps",
	"cloneset": "clonesets.apps.kruise.io", "advanced": "statefulsets.apps.kruise.io", "united": "uniteddeployments.apps.kruise.io",
	"service": "services", "ingress": "ingresses.networking.k8s.io", "configmap": "configmaps", "database": "databases.table.example.com",
}

// member is one object of a collection.
type member struct {
	object *unstructured.Unstructured
	// kept is why it is kept; empty when it goes.
	kept string
}

// members are protected objects first, in the middle and last in the order of names, in which the API server deletes; some have a
// finalizer, which the API server deletes another way.
func members(k kind, namespace string) []member {
	object := func(name, value string, replicas int) *unstructured.Unstructured {
		spec := k.spec
		if k.workload {
			spec = fmt.Sprintf(spec, replicas)
		}
		return protected(k.apiVersion, k.kind, namespace, name, value, spec)
	}
	finalized := func(o *unstructured.Unstructured) *unstructured.Unstructured {
		o.SetFinalizers([]string{"example.com/keep"})
		return o
	}
	all := []member{
		{object("a-always", "Always", 0), always(k.kind, "a-always")},
		{object("b", "-", 0), ""},
		{finalized(object("c-always-finalized", "Always", 0)), always(k.kind, "c-always-finalized")},
		{finalized(object("d-finalized", "-", 0)), ""},
		{object("e-idle", "Cascading", 0), ""},
		{object("g-unknown", "always", 0), ""},
		{object("h-always", "Always", 0), always(k.kind, "h-always")},
	}
	if k.workload {
		all = append(all, member{object("f-scaled", "Cascading", 2), replicas(k.kind, "f-scaled", 2)})
	}
	return all
}

// TestCollectionKeepsExactlyTheProtected deletes protected and unprotected objects of each kind with one request: it succeeds, exactly the
// unprotected go, and warnings say what was kept. A dry run says the same and does nothing.
func TestCollectionKeepsExactlyTheProtected(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, collectionConfiguration)
	namespaceWith(t, cluster, "collections", nil)
	awaitProtection(t, cluster, "collections")
	user := as(t, cluster, "people")
	awaitConfigured(t, cluster, "collections")

	for _, k := range collectionKinds {
		t.Run(k.name, func(t *testing.T) {
			namespace := "collection-" + k.name
			namespaceWith(t, cluster, namespace, nil)
			all := members(k, namespace)
			for _, m := range all {
				create(t, user, m.object)
			}
			series := fmt.Sprintf(`kruise_admission_delete_protection_total{outcome="refused",resource=%q}`, collectionResources[k.name])
			before := metric(t, installed, series)

			tried := as(t, cluster, "people")
			if err := tried.resource(t, all[0].object).DeleteCollection(t.Context(), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}, metav1.ListOptions{}); err != nil {
				t.Errorf("dry run: %v", err)
			}
			checkWarnings(t, tried, all)
			for _, m := range all {
				if stored, err := user.client.Get(t.Context(), m.object); err != nil || stored.GetDeletionTimestamp() != nil {
					t.Errorf("dry run: %s: %v, %v", m.object.GetName(), stored, err)
				}
			}
			if after := metric(t, installed, series); after != before {
				t.Errorf("the dry run is counted: %q, then %q", before, after)
			}

			deleting := as(t, cluster, "people")
			if err := deleting.resource(t, all[0].object).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
				t.Errorf("got %v", err)
			}
			checkWarnings(t, deleting, all)
			checkKept(t, user, all)
			if after := metric(t, installed, series); after == before {
				t.Errorf("what was kept is not counted: still %q", after)
			}
			for _, m := range all { // by itself, each is refused as ever
				if m.kept != "" {
					mustRefuse(t, user, m.object, m.kept)
				}
			}
		})
	}
}

// checkWarnings: the user hears of each member that was kept, and of no other.
func checkWarnings(t *testing.T, p *person, all []member) {
	t.Helper()
	var count int
	for _, m := range all {
		if m.kept == "" {
			continue
		}
		count++
		if want := fmt.Sprintf("%s %q is kept: %s", m.object.GetKind(), m.object.GetName(), m.kept); !strings.Contains(p.warnings.String(), want) {
			t.Errorf("warned %q, want %q", p.warnings, want)
		}
	}
	if got := strings.Count(p.warnings.String(), "is kept"); got != count {
		t.Errorf("warned of %d kept objects, want %d: %s", got, count, p.warnings)
	}
}

// checkKept: what is protected is untouched, and all the rest is gone, or waits for its finalizer.
func checkKept(t *testing.T, p *person, all []member) {
	t.Helper()
	for _, m := range all {
		stored, err := p.client.Get(t.Context(), m.object)
		switch {
		case m.kept != "":
			if err != nil || stored.GetDeletionTimestamp() != nil {
				t.Errorf("%s should be kept: %v, %v", m.object.GetName(), stored, err)
			}
		case len(m.object.GetFinalizers()) > 0:
			if err != nil || stored.GetDeletionTimestamp() == nil {
				t.Errorf("%s should be terminating: %v, %v", m.object.GetName(), stored, err)
			}
		case !apierrors.IsNotFound(err):
			t.Errorf("%s should be gone: %v, %v", m.object.GetName(), stored, err)
		}
	}
}

// awaitConfigured waits until the API server calls the server about what the configuration adds.
func awaitConfigured(t *testing.T, cluster *controlplane.ControlPlane, namespace string) {
	t.Helper()
	user := as(t, cluster, "people")
	for _, o := range []*unstructured.Unstructured{
		protected("v1", "ConfigMap", namespace, "canary", "Always", ""),
		protected("table.example.com/v1beta1", "Database", namespace, "canary", "Always", "{}"),
	} {
		create(t, user, o)
		controlplane.Eventually(t, "a canary is protected", func(context.Context) error {
			if err := user.tryDelete(t, o); !apierrors.IsForbidden(err) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		})
	}
}
