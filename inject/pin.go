package inject

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// pin says which pods get an older revision instead of the live SidecarSet (spec/inject.md 3.6).
type pin struct {
	pinned    *content
	partial   bool            // else every pod gets the pinned revision
	selector  labels.Selector // nil: every pod takes part in the update
	partition partition
	err       error // a refusal: the update strategy cannot be read
}

// compilePin gives nil when nothing is pinned.
func compilePin(view View, set *v1beta1.SidecarSet) *pin {
	revision, update := set.Spec.InjectionStrategy.Revision, &set.Spec.UpdateStrategy
	if revision == nil || (revision.RevisionName == nil && revision.CustomVersion == nil) {
		return nil
	}
	p := &pin{pinned: pinnedContent(view, set, revision)}
	if revision.Policy != v1beta1.PartialSidecarSetInjectRevisionPolicy || update.Paused {
		return p
	}
	p.partial = true
	var err error
	if update.Selector != nil {
		if p.selector, err = metav1.LabelSelectorAsSelector(update.Selector); err != nil {
			p.err = misconfigured(set.Name, "spec.updateStrategy.selector", "%v", err)
		}
	}
	if p.partition, err = parsePartition(update.Partition); err != nil && p.err == nil {
		p.err = misconfigured(set.Name, "spec.updateStrategy.partition", "%v", err)
	}
	return p
}

// choose says what the pod gets. A revision that is gone matters only for pods that would get it (quirk 27).
func (r *rule) choose(pod *pod) (*content, error) {
	chosen := r.live
	switch {
	case r.pin == nil:
	case !r.pin.partial:
		chosen = r.pin.pinned
	case r.pin.err != nil:
		return nil, r.pin.err
	case r.pin.selector != nil && !r.pin.selector.Matches(pod.labels), r.pin.partition.includes(r.name, pod):
		chosen = r.pin.pinned
	}
	return chosen, chosen.err
}

// pinnedContent compiles the pinned revision. One that cannot be found or read becomes a content that refuses.
func pinnedContent(view View, set *v1beta1.SidecarSet, pinned *v1beta1.SidecarSetInjectRevision) *content {
	const field = "spec.injectionStrategy.revision."
	refused := func(member, format string, args ...any) *content {
		return &content{err: misconfigured(set.Name, field+member, format, args...)}
	}
	var revision *appsv1.ControllerRevision
	if pinned.RevisionName != nil {
		found, ok := view.ControllerRevision(*pinned.RevisionName)
		if !ok {
			return refused("revisionName", "ControllerRevision %q does not exist: pin an existing one or remove the pin", *pinned.RevisionName)
		}
		// OpenKruise takes any (quirk 7). One that somebody wrote by hand may lack the label, but not name another SidecarSet.
		if owner, labelled := found.Labels[sidecarset.NameLabel]; labelled && owner != set.Name {
			return refused("revisionName", "ControllerRevision %q belongs to SidecarSet %q: pin one of this SidecarSet", *pinned.RevisionName, owner)
		}
		revision = found
	} else if revision = latestWithVersion(view.ControllerRevisions(set.Name), *pinned.CustomVersion); revision == nil {
		return refused("customVersion", "no ControllerRevision of this SidecarSet has the customVersion %q: pin an existing one or remove the pin", *pinned.CustomVersion)
	}
	spec, stored, err := restoreSpec(revision)
	if err != nil {
		return refused("revisionName", "ControllerRevision %q cannot be read: %v", revision.Name, err)
	}
	return compileContent(set.Name, spec, stored, revision.Annotations, revision.Name)
}

// latestWithVersion gives the newest of the revisions with that customVersion: by number, then by age, then by name.
func latestWithVersion(revisions []*appsv1.ControllerRevision, version string) *appsv1.ControllerRevision {
	matching := slices.DeleteFunc(slices.Clone(revisions), func(r *appsv1.ControllerRevision) bool {
		return r.Labels[sidecarset.CustomVersionLabel] != version
	})
	if len(matching) == 0 {
		return nil
	}
	return slices.MaxFunc(matching, func(a, b *appsv1.ControllerRevision) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
}

// revisionData is the data of a ControllerRevision (spec/inject.md 3.2).
type revisionData struct {
	Spec json.RawMessage `json:"spec"`
}

// replaceDirective says that the recorded spec replaces that of the SidecarSet as a whole, also where it has no member. Every
// revision of a SidecarSet says so; those of DaemonSets and StatefulSets do not.
type replaceDirective struct {
	Patch string `json:"$patch"`
}

func restoreSpec(revision *appsv1.ControllerRevision) (*v1beta1.SidecarSetSpec, specLists, error) {
	var (
		data      revisionData
		directive replaceDirective
		spec      v1beta1.SidecarSetSpec
		stored    specLists
	)
	if err := decode(revision.Data.Raw, &data); err != nil {
		return nil, stored, err
	}
	if absent(data.Spec) {
		return nil, stored, errors.New("its data has no spec")
	}
	if err := decode(data.Spec, &directive); err != nil {
		return nil, stored, err
	}
	if directive.Patch != "replace" {
		return nil, stored, errors.New("its data is not that of a SidecarSet")
	}
	if err := decode(data.Spec, &spec); err != nil {
		return nil, stored, err
	}
	return &spec, stored, decode(data.Spec, &stored)
}
