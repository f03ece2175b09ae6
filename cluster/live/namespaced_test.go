package live

import (
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/cluster"
)

var allKinds = cluster.Kinds{WorkloadSpreads: true, PodUnavailableBudgets: true, PersistentPodStates: true, PodProbeMarkers: true}

func TestNamespacedKinds(t *testing.T) {
	server := newAPIServer(t, map[string]string{
		v1beta1Path: setA,
		spreadsPath: `{"apiVersion": "apps.kruise.io/v1beta1", "kind": "WorkloadSpread", "metadata": {"name": "b", "namespace": "shop", "managedFields": [{"manager": "kubectl"}]}},
			{"apiVersion": "apps.kruise.io/v1beta1", "kind": "WorkloadSpread", "metadata": {"name": "a", "namespace": "shop"}},
			{"apiVersion": "apps.kruise.io/v1beta1", "kind": "WorkloadSpread", "metadata": {"name": "a", "namespace": "lab"}},
			{"apiVersion": "apps.kruise.io/v1beta1", "kind": "WorkloadSpread", "metadata": {"name": "broken", "namespace": "lab"}, "spec": {"subsets": 1}}`,
		budgetsPath:   `{"apiVersion": "policy.kruise.io/v1beta1", "kind": "PodUnavailableBudget", "metadata": {"name": "budget", "namespace": "shop"}}`,
		oldStatesPath: `{"apiVersion": "apps.kruise.io/v1alpha1", "kind": "PersistentPodState", "metadata": {"name": "state", "namespace": "shop"}, "spec": {"requiredPersistentTopology": {"nodeTopologyKeys": ["zone"]}}}`,
		markersPath:   `{"apiVersion": "apps.kruise.io/v1alpha1", "kind": "PodProbeMarker", "metadata": {"name": "marker", "namespace": "shop"}}`,
	})
	r := runWith(t, server, allKinds)
	eventually(t, "synced", r.Synced)
	spreads := r.WorkloadSpreads("shop")
	if len(spreads) != 2 || spreads[0].Name != "a" || spreads[1].Name != "b" || spreads[1].ManagedFields != nil || len(r.WorkloadSpreads("lab")) != 1 {
		t.Errorf("WorkloadSpreads %v and %v", spreads, r.WorkloadSpreads("lab"))
	}
	if budgets := r.PodUnavailableBudgets("shop"); len(budgets) != 1 || budgets[0].Name != "budget" {
		t.Errorf("PodUnavailableBudgets %v", budgets)
	}
	if states := r.PersistentPodStates("shop"); len(states) != 1 || !slices.Equal(states[0].Spec.RequiredPersistentTopology.Keys, []string{"zone"}) {
		t.Errorf("PersistentPodStates, from the older version: %v", states)
	}
	if markers := r.PodProbeMarkers("shop"); len(markers) != 1 || markers[0].Name != "marker" {
		t.Errorf("PodProbeMarkers %v", markers)
	}
	if errs, _ := r.said(); len(errs) != 1 || !strings.HasPrefix(errs[0], `WorkloadSpread "broken" in namespace "lab" is left out: `) {
		t.Errorf("errors %q", errs)
	}
}

// A kind that the cluster does not serve keeps nobody waiting, and is watched once it comes.
func TestNamespacedKindThatComesLater(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA})
	r := runWith(t, server, allKinds)
	eventually(t, "synced", r.Synced)
	if errs, _ := r.said(); len(errs) != 0 || r.PodUnavailableBudgets("shop") != nil {
		t.Errorf("errors %q, budgets %v", errs, r.PodUnavailableBudgets("shop"))
	}
	server.set(func() {
		server.lists[budgetsPath] = `{"apiVersion": "policy.kruise.io/v1beta1", "kind": "PodUnavailableBudget", "metadata": {"name": "budget", "namespace": "shop"}}`
	})
	eventually(t, "the budget", func() bool { return len(r.PodUnavailableBudgets("shop")) == 1 })
}

func TestNamespacedKindsAreWatchedOnlyWhenWanted(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA, budgetsPath: "", spreadsPath: ""})
	r := runWith(t, server, cluster.Kinds{WorkloadSpreads: true})
	eventually(t, "synced", r.Synced)
	server.set(func() {
		asked := func(path string) bool {
			return slices.ContainsFunc(server.requests, func(request string) bool { return strings.HasPrefix(request, path+" ") })
		}
		if !asked(spreadsPath) || asked(budgetsPath) || asked(markersPath) {
			t.Errorf("requests: %q", server.requests)
		}
	})
}

// Until all lists that are wanted have come in the view is not complete.
func TestNamespacedKindThatCannotBeListed(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA, budgetsPath: ""})
	server.fails[budgetsPath] = 403
	r := runWith(t, server, allKinds)
	eventually(t, "report", func() bool {
		errs, _ := r.said()
		return slices.ContainsFunc(errs, func(err string) bool { return strings.HasPrefix(err, "cannot list podunavailablebudgets: ") })
	})
	if r.Synced() {
		t.Error("synced")
	}
	server.set(func() { delete(server.fails, budgetsPath) })
	eventually(t, "synced", r.Synced)
}
