package workloadspread

// How many pods still fit into each subset. All of it is one version of one WorkloadSpread; see versionOf.

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// unlimited is the number of missing replicas of a subset without a limit.
const unlimited = -1

// books count the pods of one version.
type books struct {
	version string
	subsets []v1beta1.WorkloadSpreadSubsetStatus
	// inSpec are the names of the subsets that the user wants. The controller may not have dropped others from the status yet.
	inSpec  map[string]bool
	changed bool
}

// open copies the status of a version, so that the object that it is from stays as it is.
func open(spread *v1beta1.WorkloadSpread, version string) *books {
	b := &books{version: version, inSpec: map[string]bool{}}
	for i := range spread.Spec.Subsets {
		b.inSpec[spread.Spec.Subsets[i].Name] = true
	}
	for _, subset := range spread.Status.VersionedSubsetStatuses[version] {
		b.subsets = append(b.subsets, *subset.DeepCopy())
	}
	return b
}

// admit gives a new pod a place and returns the name of its subset; empty if there is no room anywhere.
func (b *books) admit(key string, now time.Time) string {
	for i := range b.subsets {
		if _, here := b.subsets[i].CreatingPods[key]; here {
			return b.subsets[i].Name
		}
	}
	subset := b.room(key)
	if subset == nil {
		return ""
	}
	if subset.MissingReplicas == unlimited {
		return subset.Name
	}
	for i := range b.subsets {
		delete(b.subsets[i].DeletingPods, key)
	}
	if subset.CreatingPods == nil {
		subset.CreatingPods = map[string]metav1.Time{}
	}
	subset.CreatingPods[key] = metav1.NewTime(now)
	subset.MissingReplicas--
	b.changed = true
	return subset.Name
}

// room is the subset of a new pod: the one that a pod of its name is just leaving, so that it finds its volumes, else the first with room.
func (b *books) room(key string) (found *v1beta1.WorkloadSpreadSubsetStatus) {
	for i := range b.subsets {
		subset := &b.subsets[i]
		if !b.inSpec[subset.Name] || unschedulable(subset) || subset.MissingReplicas <= 0 && subset.MissingReplicas != unlimited {
			continue
		}
		if _, leaving := subset.DeletingPods[key]; leaving {
			return subset
		}
		if found == nil {
			found = subset
		}
	}
	return found
}

// creates says whether a pod is known as one that is being created.
func (b *books) creates(key string) bool {
	for i := range b.subsets {
		if _, here := b.subsets[i].CreatingPods[key]; here {
			return true
		}
	}
	return false
}

// release makes room in a subset for the pod that leaves it. keys are all by which the pod may be known. A pod that the controller has not seen
// yet, or that leaves already, changes nothing: the controller will count it.
func (b *books) release(subset string, keys []string, podName string, now time.Time) {
	for i := range b.subsets {
		for _, key := range keys {
			if _, coming := b.subsets[i].CreatingPods[key]; coming {
				return
			}
			if _, leaving := b.subsets[i].DeletingPods[key]; leaving {
				return
			}
		}
	}
	for i := range b.subsets {
		status := &b.subsets[i]
		if status.Name != subset || status.MissingReplicas == unlimited {
			continue
		}
		if status.DeletingPods == nil {
			status.DeletingPods = map[string]metav1.Time{}
		}
		status.DeletingPods[podName] = metav1.NewTime(now)
		status.MissingReplicas++
		b.changed = true
		return
	}
}

// undo takes back what admit did for a pod that is not created after all.
func (b *books) undo(key string) {
	for i := range b.subsets {
		if _, here := b.subsets[i].CreatingPods[key]; here {
			delete(b.subsets[i].CreatingPods, key)
			if b.subsets[i].MissingReplicas != unlimited { // it has lost its limit meanwhile
				b.subsets[i].MissingReplicas++
			}
			b.changed = true
			return
		}
	}
}

// changes are what to merge into the status; nil if nothing has changed.
func (b *books) changes() map[string]any {
	if !b.changed {
		return nil
	}
	return map[string]any{"versionedSubsetStatuses": map[string]any{b.version: b.subsets}}
}
