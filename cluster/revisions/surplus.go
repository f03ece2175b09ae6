package revisions

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// How many pods are read at once, and how often before nothing is deleted.
const (
	podsPerPage = 500
	maxPodPages = 100
)

// deleteSurplus deletes revisions above revisionHistoryLimit, oldest first, that nothing needs.
func (w *recording) deleteSurplus(ctx context.Context) error {
	count, deletable := w.history().Surplus()
	if len(deletable) == 0 {
		return nil
	}
	used, complete, err := w.usedRevisions(ctx)
	if err != nil {
		return fmt.Errorf("list its pods: %w", err)
	}
	if !complete {
		w.options.Log.Info("no old revision is deleted because too many pods would have to be read",
			"sidecarSet", w.set.Name, "surplus", count, "limit", podsPerPage*maxPodPages)
		return nil
	}
	// Somebody may have pinned an old revision meanwhile, and without it the SidecarSet's pods would be refused.
	if err := w.unchanged(ctx); err != nil {
		return outdated(err)
	}
	for _, revision := range deletable {
		if count == 0 {
			break
		}
		if used[revision.Name] {
			continue
		}
		err := w.controllerRevisions.Delete(ctx, revision.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &revision.UID, ResourceVersion: &revision.ResourceVersion},
		})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("delete revision %q: %w", revision.Name, outdated(err))
		}
		w.options.Log.Info("deleted an old revision of a SidecarSet", "sidecarSet", w.set.Name, "revision", revision.Name, "number", revision.Revision)
		count--
	}
	return nil
}

// usedRevisions returns the names of the revisions that the pods of the SidecarSet were injected with. complete is false when there
// are too many pods.
func (w *recording) usedRevisions(ctx context.Context) (used map[string]bool, complete bool, err error) {
	used = map[string]bool{}
	selector, err := metav1.LabelSelectorAsSelector(w.set.Spec.Selector)
	if err != nil {
		return nil, false, fmt.Errorf("spec.selector: %w", err)
	}
	if w.set.Spec.Selector == nil || selector.Empty() {
		return used, true, nil // it selects nothing (spec/inject.md 2.3)
	}
	pods := w.metadata.Resource(corev1.SchemeGroupVersion.WithResource("pods"))
	options := metav1.ListOptions{LabelSelector: selector.String(), Limit: podsPerPage}
	for range maxPodPages {
		page, err := pods.List(ctx, options)
		if err != nil {
			return nil, false, err
		}
		for i := range page.Items {
			if revision := injectedRevision(page.Items[i].Annotations, w.set.Name); revision != "" {
				used[revision] = true
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return used, true, nil
		}
	}
	return nil, false, nil
}

// injectedRevision reads from the annotations of a pod which revision of a SidecarSet it was injected with. Pods of old releases of
// OpenKruise have records of another shape, which name none.
func injectedRevision(annotations map[string]string, set string) string {
	var records map[string]json.RawMessage
	if err := json.Unmarshal([]byte(annotations[sidecarset.HashAnnotation]), &records); err != nil {
		return ""
	}
	var record struct {
		ControllerRevision string `json:"controllerRevision"`
	}
	if err := json.Unmarshal(records[set], &record); err != nil {
		return ""
	}
	return record.ControllerRevision
}
