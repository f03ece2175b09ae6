package cluster

import (
	"bytes"
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// SettingsConfigMap is the name of the ConfigMap in the server's namespace that holds the settings.
const SettingsConfigMap = "kruise-configuration"

// NamespaceLookup answers [View.NamespaceLabels] for a namespace that is not in memory.
type NamespaceLookup func(ctx context.Context, name string) (labels map[string]string, found bool, err error)

// Store is the View in memory that a source fills by [Store.Apply]. Values are never changed once they are in: an update
// puts a new value in the place of the old one, so that readers share what they were given. It is safe for concurrent use.
type Store struct {
	*notifier
	lookup NamespaceLookup

	mu          sync.RWMutex
	sidecarSets map[string]SidecarSet
	revisions   map[string]*appsv1.ControllerRevision
	namespaces  map[string]map[string]string
	configMaps  map[string]map[string]string
	// revisionsOf holds the revisions by SidecarSet, sorted by name.
	revisionsOf map[string][]*appsv1.ControllerRevision
	// sorted holds all SidecarSets by name. It is made when first asked for after a change: a burst of changes, such as the
	// first fill with many thousand SidecarSets, must not sort them once an event.
	sorted []*v1beta1.SidecarSet

	workloadSpreads       namespaced[*v1beta1.WorkloadSpread]
	podUnavailableBudgets namespaced[*policyv1beta1.PodUnavailableBudget]
	persistentPodStates   namespaced[*v1beta1.PersistentPodState]
	podProbeMarkers       namespaced[*v1alpha1.PodProbeMarker]

	// forPods is what of all this reviews of pods ask for, without mu.
	forPods atomic.Pointer[forPods]
}

var _ View = (*Store)(nil)

// NewStore returns an empty store that asks lookup for the namespaces it does not hold.
func NewStore(lookup NamespaceLookup) *Store {
	s := &Store{
		notifier:    newNotifier(),
		lookup:      lookup,
		sidecarSets: map[string]SidecarSet{},
		revisions:   map[string]*appsv1.ControllerRevision{},
		namespaces:  map[string]map[string]string{},
		configMaps:  map[string]map[string]string{},
		revisionsOf: map[string][]*appsv1.ControllerRevision{},

		workloadSpreads:       newNamespaced[*v1beta1.WorkloadSpread](),
		podUnavailableBudgets: newNamespaced[*policyv1beta1.PodUnavailableBudget](),
		persistentPodStates:   newNamespaced[*v1beta1.PersistentPodState](),
		podProbeMarkers:       newNamespaced[*v1alpha1.PodProbeMarker](),
	}
	s.publish()
	return s
}

// Apply changes the store, which from now on owns what change holds. Whoever registered with OnChange is told about
// SidecarSets that differ from before; a repetition of what is known tells nobody.
func (s *Store) Apply(change Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sets := apply(s.sidecarSets, change.SidecarSets, func(old, now SidecarSet) bool {
		return bytes.Equal(old.Stored, now.Stored)
	})
	if len(sets) > 0 {
		s.sorted = nil
	}
	changed := slices.Collect(maps.Keys(sets))
	revisions := apply(s.revisions, change.ControllerRevisions, sameRevision)
	for name, old := range revisions {
		changed = append(changed, s.reindex(name, old)...)
	}
	changed = append(changed, s.pinning(revisions)...)
	s.namespaces = applyToCopy(s.namespaces, change.Namespaces)
	s.configMaps = applyToCopy(s.configMaps, change.ConfigMaps)
	s.workloadSpreads.apply(change.WorkloadSpreads)
	s.podUnavailableBudgets.apply(change.PodUnavailableBudgets)
	s.persistentPodStates.apply(change.PersistentPodStates)
	s.podProbeMarkers.apply(change.PodProbeMarkers)
	s.publish()
	s.notify(changed)
}

func sameRevision(old, now *appsv1.ControllerRevision) bool { return reflect.DeepEqual(old, now) }

// reindex brings revisionsOf up to date after a revision changed from old (nil: it is new) to what the table now holds. It
// returns the SidecarSets to which the revision belonged or belongs.
func (s *Store) reindex(name string, old *appsv1.ControllerRevision) []string {
	var owners []string
	if old != nil {
		owner := old.Labels[sidecarset.NameLabel]
		owners = append(owners, owner)
		// Readers may hold the slice: it is copied, never edited.
		rest := slices.DeleteFunc(slices.Clone(s.revisionsOf[owner]), func(r *appsv1.ControllerRevision) bool { return r.Name == name })
		if len(rest) == 0 {
			delete(s.revisionsOf, owner)
		} else {
			s.revisionsOf[owner] = rest
		}
	}
	if revision, ok := s.revisions[name]; ok {
		owner := revision.Labels[sidecarset.NameLabel]
		owners = append(owners, owner)
		at, _ := slices.BinarySearchFunc(s.revisionsOf[owner], name, func(r *appsv1.ControllerRevision, name string) int {
			return strings.Compare(r.Name, name)
		})
		s.revisionsOf[owner] = slices.Insert(slices.Clone(s.revisionsOf[owner]), at, revision)
	}
	return owners
}

// pinning lists the SidecarSets that pin one of the revisions by name: such a revision need not carry the label of the SidecarSet
// (spec/inject.md 3.4).
func (s *Store) pinning(revisions map[string]*appsv1.ControllerRevision) []string {
	if len(revisions) == 0 {
		return nil
	}
	var names []string
	for name, set := range s.sidecarSets {
		pinned := set.Object.Spec.InjectionStrategy.Revision
		if pinned == nil || pinned.RevisionName == nil {
			continue
		}
		if _, changed := revisions[*pinned.RevisionName]; changed {
			names = append(names, name)
		}
	}
	return names
}

// SidecarSets implements View.
func (s *Store) SidecarSets() []*v1beta1.SidecarSet {
	s.mu.RLock()
	sorted := s.sorted
	s.mu.RUnlock()
	if sorted != nil {
		return sorted
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sorted == nil {
		s.sorted = make([]*v1beta1.SidecarSet, 0, len(s.sidecarSets))
		for _, name := range slices.Sorted(maps.Keys(s.sidecarSets)) {
			s.sorted = append(s.sorted, s.sidecarSets[name].Object)
		}
	}
	return s.sorted
}

// SidecarSet implements View.
func (s *Store) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	set, ok := s.sidecarSets[name]
	return set.Object, set.Stored, ok
}

// ControllerRevision implements View.
func (s *Store) ControllerRevision(name string) (*appsv1.ControllerRevision, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	revision, ok := s.revisions[name]
	return revision, ok
}

// ControllerRevisions implements View.
func (s *Store) ControllerRevisions(sidecarSet string) []*appsv1.ControllerRevision {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.revisionsOf[sidecarSet]
}
