package sidecarset

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// defaultHistoryLimit is how many revisions are kept when revisionHistoryLimit is absent.
const defaultHistoryLimit = 10

// History is the ControllerRevisions of one SidecarSet, oldest first (spec/inject.md 3.3). Make it with [NewHistory].
type History struct {
	set       *v1beta1.SidecarSet
	data      []byte
	revisions []*appsv1.ControllerRevision
}

// NewHistory takes those of revisions, which are labelled with the SidecarSet's name, that belong to set: no other object controls
// them, such as a deleted SidecarSet of the same name. data is the [RevisionData] of set.
func NewHistory(set *v1beta1.SidecarSet, data []byte, revisions []*appsv1.ControllerRevision) *History {
	h := &History{set: set, data: data}
	for _, revision := range revisions {
		if h.Owns(revision) {
			h.revisions = append(h.revisions, revision)
		}
	}
	slices.SortFunc(h.revisions, func(a, b *appsv1.ControllerRevision) int {
		return cmp.Or(cmp.Compare(a.Revision, b.Revision), a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return h
}

// Owns says whether a revision may be taken for one of the SidecarSet.
func (h *History) Owns(revision *appsv1.ControllerRevision) bool {
	owner := metav1.GetControllerOfNoCopy(revision)
	return owner == nil || owner.UID == h.set.UID
}

// Current returns the revision that records the SidecarSet as it is, or nil; of several, the newest.
func (h *History) Current() *appsv1.ControllerRevision {
	for _, revision := range slices.Backward(h.revisions) {
		if h.Records(revision) {
			return revision
		}
	}
	return nil
}

// Records says whether a revision has the content of the SidecarSet.
func (h *History) Records(revision *appsv1.ControllerRevision) bool {
	return bytes.Equal(revision.Data.Raw, h.data)
}

// Number is what the current revision's number must be: its own when it is the newest, else one more than the newest has. The latter
// is for a new revision and for a SidecarSet that went back to an older one.
func (h *History) Number() int64 {
	if len(h.revisions) == 0 {
		return 1
	}
	newest := h.revisions[len(h.revisions)-1]
	if h.Records(newest) || newest.Revision == math.MaxInt64 {
		return newest.Revision
	}
	return newest.Revision + 1
}

// Version is what the customVersion label of the current revision, which may be nil, must be. A SidecarSet that has no customVersion
// leaves the label as it is, so that the name which somebody gave to a revision is not lost.
func (h *History) Version() string {
	current := h.Current()
	if h.set.Spec.CustomVersion != "" || current == nil {
		return h.set.Spec.CustomVersion
	}
	return current.Labels[CustomVersionLabel]
}

// New returns the revision to create. Its name is that of the first attempt; when that is taken by other content, the next
// is that of [RevisionHash] with one collision more, while the hash label stays.
func (h *History) New(namespace string) *appsv1.ControllerRevision {
	hash := RevisionHash(h.data, h.Collisions())
	labels := map[string]string{}
	maps.Copy(labels, h.set.Labels)
	labels[NameLabel], labels[RevisionHashLabel] = h.set.Name, hash
	if version := h.set.Spec.CustomVersion; version != "" {
		labels[CustomVersionLabel] = version
	}
	owner := metav1.NewControllerRef(h.set, v1beta1.GroupVersion.WithKind("SidecarSet"))
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       namespace,
			Name:            RevisionName(h.set.Name, hash),
			Labels:          labels,
			Annotations:     maps.Clone(h.set.Annotations),
			OwnerReferences: []metav1.OwnerReference{*owner},
		},
		Data:     runtime.RawExtension{Raw: h.data},
		Revision: h.Number(),
	}
}

// Collisions is status.collisionCount of the SidecarSet.
func (h *History) Collisions() int32 {
	if count := h.set.Status.CollisionCount; count != nil {
		return *count
	}
	return 0
}

// Surplus returns how many revisions are above revisionHistoryLimit, and those that may be deleted for it, oldest first: all but the
// newest, the current one and those that the SidecarSet pins. Revisions that pods were injected with are to be kept as well, which only the
// cluster knows. At least one revision is always kept.
func (h *History) Surplus() (count int, deletable []*appsv1.ControllerRevision) {
	limit := defaultHistoryLimit
	if h.set.Spec.RevisionHistoryLimit != nil {
		limit = max(1, int(*h.set.Spec.RevisionHistoryLimit))
	}
	if count = len(h.revisions) - limit; count <= 0 {
		return 0, nil
	}
	current := h.Current()
	for _, revision := range h.revisions[:len(h.revisions)-1] {
		if revision != current && !h.pinned(revision) {
			deletable = append(deletable, revision)
		}
	}
	return count, deletable
}

// pinned says whether injectionStrategy.revision can mean this revision.
func (h *History) pinned(revision *appsv1.ControllerRevision) bool {
	pin := h.set.Spec.InjectionStrategy.Revision
	if pin == nil {
		return false
	}
	version, named := revision.Labels[CustomVersionLabel]
	return pin.RevisionName != nil && *pin.RevisionName == revision.Name ||
		pin.CustomVersion != nil && named && *pin.CustomVersion == version
}
