package revisions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// FieldManager is the name under which revisions and the status of SidecarSets are written.
const FieldManager = "kruise-admission-revisions"

// errOutdated says that what was to be written followed from something that has changed since.
var errOutdated = errors.New("the SidecarSet has changed meanwhile")

// recording is the work on one SidecarSet.
type recording struct {
	*Recorder
	set    *v1beta1.SidecarSet
	stored []byte
	data   []byte
	// resource is that of SidecarSets in the version which the cluster serves.
	resource metadata.ResourceInterface
	// resourceVersion of the SidecarSet, as it is followed through our own writes.
	resourceVersion string
	// revisions are those that are labelled with the SidecarSet's name.
	revisions []*appsv1.ControllerRevision
}

// record does for the SidecarSet of that name what is left to do.
func (r *Recorder) record(ctx context.Context, name string) error {
	set, stored, ok := r.options.View.SidecarSet(name)
	if !ok || set.DeletionTimestamp != nil {
		return nil
	}
	data, err := sidecarset.RevisionData(&set.Spec, stored)
	if err != nil {
		return err
	}
	w := &recording{Recorder: r, set: set, stored: stored, data: data, resourceVersion: set.ResourceVersion,
		revisions: r.options.View.ControllerRevisions(name)}
	if w.settled() {
		return nil
	}
	if err := w.refresh(ctx); err != nil {
		return err
	}
	current, collisions, err := w.ensureRevision(ctx)
	if err != nil {
		return err
	}
	if err := w.writeStatus(ctx, current, collisions); err != nil {
		return err
	}
	return w.deleteSurplus(ctx)
}

func (w *recording) history() *sidecarset.History {
	return sidecarset.NewHistory(w.set, w.data, w.revisions)
}

// settled says whether nothing is left to do.
func (w *recording) settled() bool {
	history := w.history()
	current := history.Current()
	if current == nil || w.set.Status.LatestRevision != current.Name || !upToDate(history, current) {
		return false
	}
	_, deletable := history.Surplus()
	return len(deletable) == 0
}

// upToDate says whether the current revision has the number and the customVersion that it must have.
func upToDate(history *sidecarset.History, current *appsv1.ControllerRevision) bool {
	return current.Revision == history.Number() && current.Labels[sidecarset.CustomVersionLabel] == history.Version()
}

// refresh reads from the API server what the view may be behind with.
func (w *recording) refresh(ctx context.Context) error {
	if err := w.findResource(ctx); err != nil {
		return outdated(err)
	}
	list, err := w.controllerRevisions.List(ctx, metav1.ListOptions{LabelSelector: sidecarset.NameLabel + "=" + w.set.Name})
	if err != nil {
		return fmt.Errorf("list its revisions: %w", err)
	}
	w.revisions = make([]*appsv1.ControllerRevision, len(list.Items))
	for i := range list.Items {
		w.revisions[i] = &list.Items[i]
	}
	return nil
}

// findResource finds the version in which the cluster serves the SidecarSet, which is v1beta1 unless OpenKruise 1.8 was installed
// last, and makes sure that the view knows its newest state.
func (w *recording) findResource(ctx context.Context) (err error) {
	for _, version := range []schema.GroupVersion{v1beta1.GroupVersion, v1alpha1.GroupVersion} {
		w.resource = w.metadata.Resource(version.WithResource("sidecarsets"))
		if err = w.unchanged(ctx); !apierrors.IsNotFound(err) {
			return err
		}
	}
	return err
}

// unchanged returns errOutdated when the SidecarSet is not the one that this recording knows.
func (w *recording) unchanged(ctx context.Context) error {
	now, err := w.resource.Get(ctx, w.set.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read its metadata: %w", err)
	}
	if now.UID != w.set.UID || now.ResourceVersion != w.resourceVersion {
		return errOutdated
	}
	return nil
}

// ensureRevision makes a revision record the SidecarSet, be the newest and carry its customVersion.
func (w *recording) ensureRevision(ctx context.Context) (current *appsv1.ControllerRevision, collisions int32, err error) {
	history := w.history()
	collisions = history.Collisions()
	current = history.Current()
	switch {
	case current == nil:
		current, collisions, err = w.createRevision(ctx, history)
	case !upToDate(history, current):
		current, err = w.changeRevision(ctx, history, current)
	default:
		return current, collisions, nil
	}
	if err != nil {
		return nil, 0, err
	}
	for i, known := range w.revisions {
		if known.Name == current.Name {
			w.revisions[i] = current
			return current, collisions, nil
		}
	}
	w.revisions = append(w.revisions, current)
	return current, collisions, nil
}

// createRevision creates the revision, under another name when the first is taken by other content.
func (w *recording) createRevision(ctx context.Context, history *sidecarset.History) (*appsv1.ControllerRevision, int32, error) {
	wanted := history.New(w.options.Namespace)
	for collisions := history.Collisions(); ; collisions++ {
		wanted.Name = sidecarset.RevisionName(w.set.Name, sidecarset.RevisionHash(w.data, collisions))
		created, err := w.controllerRevisions.Create(ctx, wanted, metav1.CreateOptions{FieldManager: FieldManager})
		if err == nil {
			w.options.Log.Info("recorded a SidecarSet", "sidecarSet", w.set.Name, "revision", created.Name, "number", created.Revision)
			return created, collisions, nil
		}
		if !apierrors.IsAlreadyExists(err) {
			return nil, 0, fmt.Errorf("create revision %q: %w", wanted.Name, err)
		}
		taken, err := w.controllerRevisions.Get(ctx, wanted.Name, metav1.GetOptions{})
		if err != nil {
			return nil, 0, fmt.Errorf("read revision %q: %w", wanted.Name, err)
		}
		if !history.Records(taken) {
			continue
		}
		if !history.Owns(taken) {
			// Under another name it would stay different from OpenKruise's for good.
			return nil, 0, fmt.Errorf("revision %q belongs to another object, such as a deleted SidecarSet of this name: it waits until that is garbage-collected", taken.Name)
		}
		return taken, collisions, nil
	}
}

// changeRevision gives the current revision its number and its customVersion.
func (w *recording) changeRevision(ctx context.Context, history *sidecarset.History, current *appsv1.ControllerRevision) (*appsv1.ControllerRevision, error) {
	version := history.Version()
	change := map[string]any{
		"metadata": map[string]any{"uid": current.UID, "resourceVersion": current.ResourceVersion},
		"revision": history.Number(),
	}
	if version != current.Labels[sidecarset.CustomVersionLabel] {
		change["metadata"].(map[string]any)["labels"] = map[string]string{sidecarset.CustomVersionLabel: version}
	}
	patch, err := json.Marshal(change)
	if err != nil {
		return nil, err
	}
	changed, err := w.controllerRevisions.Patch(ctx, current.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager})
	if err != nil {
		return nil, fmt.Errorf("change revision %q: %w", current.Name, outdated(err))
	}
	w.options.Log.Info("changed the revision of a SidecarSet", "sidecarSet", w.set.Name, "revision", changed.Name, "number", changed.Revision, "customVersion", version)
	return changed, nil
}

// outdated turns what the API server says of a write that came too late into errOutdated.
func outdated(err error) error {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return fmt.Errorf("%w: %w", errOutdated, err)
	}
	return err
}
