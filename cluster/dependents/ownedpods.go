package dependents

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// OwnedPods finds the pods of the namespace, or of all when it is empty, that name the owner in their ownerReferences and are neither
// finished nor terminating. The API server cannot select by owner, so all unfinished pods may have to be read, metadata only. The
// selector of the owner is no help: whoever changes it, or the labels of a pod, would have pods overlooked.
func (l *Live) OwnedPods(ctx context.Context, namespace string, owner types.UID) (names []string, more bool, err error) {
	name := metav1.Object.GetName
	if namespace == "" {
		name = namespacedName
	}
	return firstLive(ctx, metav1.ListOptions{FieldSelector: unfinished},
		func(ctx context.Context, options metav1.ListOptions) (page, error) {
			list, err := l.metadata.Resource(pods).Namespace(namespace).List(ctx, options)
			if err != nil {
				return page{}, err
			}
			list.Items = slices.DeleteFunc(list.Items, func(pod metav1.PartialObjectMetadata) bool {
				return !slices.ContainsFunc(pod.OwnerReferences, func(reference metav1.OwnerReference) bool { return reference.UID == owner })
			})
			return liveMetadata(list, name), nil
		})
}
