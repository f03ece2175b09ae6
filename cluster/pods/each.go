package pods

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// perPage is how many pods one read of [Reader.Each] returns at most.
const perPage = 500

// unfinished selects pods that have not run to their end. Metadata does not say which have.
const unfinished = "status.phase!=" + string(corev1.PodSucceeded) + ",status.phase!=" + string(corev1.PodFailed)

// Each visits the metadata of all pods of a namespace that have not finished, as JSON, page by page; an empty namespace means all. Pods that come or go
// meanwhile may be missed or visited. An error means "cannot tell"; that of visit ends the visits.
func (r *Reader) Each(ctx context.Context, namespace string, visit func(page [][]byte) error) error {
	pods := r.client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace(namespace)
	options := metav1.ListOptions{FieldSelector: unfinished, Limit: perPage}
	for {
		list, err := pods.List(ctx, options)
		if next := inconsistentContinue(err); next != "" && next != options.Continue {
			options.Continue = next
			continue
		}
		if err != nil {
			return fmt.Errorf("list pods: %w", err)
		}
		page := make([][]byte, len(list.Items))
		for i := range list.Items {
			pod := &list.Items[i]
			pod.ManagedFields = nil
			pod.TypeMeta = metav1.TypeMeta{} // of a PartialObjectMetadata
			if page[i], err = json.Marshal(pod); err != nil {
				return fmt.Errorf("encode pod %s/%s: %w", pod.Namespace, pod.Name, err)
			}
		}
		if err := visit(page); err != nil {
			return err
		}
		if options.Continue = list.Continue; options.Continue == "" {
			return nil
		}
	}
}

// inconsistentContinue is the token by which a list goes on whose snapshot has been compacted: from the same place, in the newest
// state (410 Gone). Nobody here needs one consistent snapshot.
func inconsistentContinue(err error) string {
	var status apierrors.APIStatus
	if !apierrors.IsResourceExpired(err) || !errors.As(err, &status) {
		return ""
	}
	return status.Status().Continue
}
