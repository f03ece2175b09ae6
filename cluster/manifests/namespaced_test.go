package manifests

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCollectNamespacedKinds(t *testing.T) {
	const (
		spread    = "{apiVersion: apps.kruise.io/v1beta1, kind: WorkloadSpread, metadata: {name: a, namespace: shop}}\n"
		spreadLab = "{apiVersion: apps.kruise.io/v1alpha1, kind: WorkloadSpread, metadata: {name: a, namespace: lab}}\n"
		budget    = "{apiVersion: policy.kruise.io/v1alpha1, kind: PodUnavailableBudget, metadata: {name: b}}\n"
		state     = "{apiVersion: apps.kruise.io/v1alpha1, kind: PersistentPodState, metadata: {name: s}, spec: {requiredPersistentTopology: {nodeTopologyKeys: [zone]}}}\n"
		marker    = "{apiVersion: apps.kruise.io/v1alpha1, kind: PodProbeMarker, metadata: {name: m, namespace: shop}}\n"
	)
	view, summary, err := collect(testFiles(map[string]string{"m.yaml": join(spread, spreadLab, budget, state, marker, setA)}), Options{Namespace: "kruise"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Files: 1, SidecarSets: 1, Policies: 5}, summary); diff != "" {
		t.Error(diff)
	}
	got := slices.Concat(slices.Sorted(maps.Keys(view.WorkloadSpreads.Put)), slices.Sorted(maps.Keys(view.PodUnavailableBudgets.Put)),
		slices.Sorted(maps.Keys(view.PersistentPodStates.Put)), slices.Sorted(maps.Keys(view.PodProbeMarkers.Put)))
	if diff := cmp.Diff([]string{"lab/a", "shop/a", "default/b", "default/s", "shop/m"}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if budget := view.PodUnavailableBudgets.Put["default/b"]; budget.Namespace != "default" {
		t.Errorf("a budget that names no namespace is in %q", budget.Namespace)
	}
	if keys := view.PersistentPodStates.Put["default/s"].Spec.RequiredPersistentTopology.Keys; !slices.Equal(keys, []string{"zone"}) {
		t.Errorf("a state of the older version has the keys %v", keys)
	}
}

func TestCollectNamespacedErrors(t *testing.T) {
	const spread = "{apiVersion: apps.kruise.io/v1beta1, kind: WorkloadSpread, metadata: {name: a, namespace: shop}}\n"
	for name, test := range map[string]struct{ text, err string }{
		"twice":           {join(spread, spread), `WorkloadSpread "shop/a" is there twice: in m.yaml: document 1 (line 1) and in m.yaml: document 2 (line 3): remove or rename one`},
		"no name":         {"{apiVersion: apps.kruise.io/v1beta1, kind: WorkloadSpread}\n", "m.yaml: document 1 (line 1): WorkloadSpread: metadata.name: required"},
		"unknown version": {strings.Replace(spread, "v1beta1", "v9", 1), `m.yaml: document 1 (line 1): WorkloadSpread "shop/a": `},
		"wrong type":      {strings.Replace(spread, "metadata:", "spec: {subsets: 1}, metadata:", 1), `m.yaml: document 1 (line 1): WorkloadSpread "shop/a": `},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := collect(testFiles(map[string]string{"m.yaml": test.text}), Options{Namespace: "kruise"})
			if err == nil || !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("error %v, want %s", err, test.err)
			}
		})
	}
}
