package cluster

import (
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// Change is what a source learned at one moment. Readers see all of it or nothing of it.
type Change struct {
	SidecarSets Delta[SidecarSet]
	// ControllerRevisions are those of the server's namespace.
	ControllerRevisions Delta[*appsv1.ControllerRevision]
	// Namespaces holds labels.
	Namespaces Delta[map[string]string]
	// ConfigMaps holds the data of ConfigMaps in the server's namespace. Only SettingsConfigMap is ever read.
	ConfigMaps Delta[map[string]string]

	// Those of namespaced kinds have the names that Key makes.
	WorkloadSpreads       Delta[*v1beta1.WorkloadSpread]
	PodUnavailableBudgets Delta[*policyv1beta1.PodUnavailableBudget]
	PersistentPodStates   Delta[*v1beta1.PersistentPodState]
	PodProbeMarkers       Delta[*v1alpha1.PodProbeMarker]
}

// Delta changes the objects of one kind.
type Delta[T any] struct {
	// Put holds new and changed objects by name.
	Put map[string]T
	// Drop names objects that are gone.
	Drop []string
	// All says that Put holds every object that exists: all others are gone.
	All bool
}

// apply changes a table and returns, for every object that is new, different or gone, what it was before.
func apply[T any](table map[string]T, delta Delta[T], same func(old, now T) bool) map[string]T {
	before := map[string]T{}
	for name, value := range delta.Put {
		if old, known := table[name]; !known || !same(old, value) {
			before[name] = old
			table[name] = value
		}
	}
	drop := slices.Values(delta.Drop)
	if delta.All {
		drop = maps.Keys(table)
	}
	for name := range drop {
		old, known := table[name]
		_, put := delta.Put[name]
		if known && !put {
			before[name] = old
			delete(table, name)
		}
	}
	return before
}
