package cluster

import (
	"context"
	"maps"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// forPods is what reviews of pods ask for. It is immutable, and a change swaps it for another, so that these reviews take no lock.
type forPods struct {
	namespaces            map[string]map[string]string
	settings              map[string]string
	workloadSpreads       map[string][]*v1beta1.WorkloadSpread
	podUnavailableBudgets map[string][]*policyv1beta1.PodUnavailableBudget
	persistentPodStates   map[string][]*v1beta1.PersistentPodState
	podProbeMarkers       map[string][]*v1alpha1.PodProbeMarker
}

// publish makes what the tables hold the answer to reviews of pods. They must not be edited afterwards.
func (s *Store) publish() {
	s.forPods.Store(&forPods{
		namespaces:            s.namespaces,
		settings:              s.configMaps[SettingsConfigMap],
		workloadSpreads:       s.workloadSpreads.in,
		podUnavailableBudgets: s.podUnavailableBudgets.in,
		persistentPodStates:   s.persistentPodStates.in,
		podProbeMarkers:       s.podProbeMarkers.in,
	})
}

// applyToCopy is apply for a table that was published.
func applyToCopy(table map[string]map[string]string, delta Delta[map[string]string]) map[string]map[string]string {
	if len(delta.Put)+len(delta.Drop) == 0 && !delta.All {
		return table
	}
	table = maps.Clone(table)
	apply(table, delta, maps.Equal)
	return table
}

// NamespaceLabels implements View.
func (s *Store) NamespaceLabels(ctx context.Context, name string) (map[string]string, bool, error) {
	if labels, ok := s.forPods.Load().namespaces[name]; ok {
		return labels, true, nil
	}
	return s.lookup(ctx, name)
}

// Setting implements View.
func (s *Store) Setting(key string) (string, bool) {
	value, ok := s.forPods.Load().settings[key]
	return value, ok
}

// WorkloadSpreads implements View.
func (s *Store) WorkloadSpreads(namespace string) []*v1beta1.WorkloadSpread {
	return s.forPods.Load().workloadSpreads[namespace]
}

// PodUnavailableBudgets implements View.
func (s *Store) PodUnavailableBudgets(namespace string) []*policyv1beta1.PodUnavailableBudget {
	return s.forPods.Load().podUnavailableBudgets[namespace]
}

// PersistentPodStates implements View.
func (s *Store) PersistentPodStates(namespace string) []*v1beta1.PersistentPodState {
	return s.forPods.Load().persistentPodStates[namespace]
}

// PodProbeMarkers implements View.
func (s *Store) PodProbeMarkers(namespace string) []*v1alpha1.PodProbeMarker {
	return s.forPods.Load().podProbeMarkers[namespace]
}

// NamespacesInUse implements View.
func (s *Store) NamespacesInUse() []string {
	now := s.forPods.Load()
	used := sets.KeySet(now.workloadSpreads).Union(sets.KeySet(now.podUnavailableBudgets)).
		Union(sets.KeySet(now.persistentPodStates)).Union(sets.KeySet(now.podProbeMarkers))
	return sets.List(used)
}
