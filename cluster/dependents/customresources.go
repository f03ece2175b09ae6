package dependents

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// CustomResources finds the objects of the resource, in all namespaces, that are not terminating: all of them, or when more is true
// the first few. The resource should be in its storage version, so that the API server need not convert, and its parts must
// be valid names. A version that is not served is an error.
func (l *Live) CustomResources(ctx context.Context, resource schema.GroupVersionResource) (names []string, more bool, err error) {
	return firstLive(ctx, metav1.ListOptions{}, func(ctx context.Context, options metav1.ListOptions) (page, error) {
		list, err := l.metadata.Resource(resource).List(ctx, options)
		if err != nil {
			return page{}, err
		}
		return liveMetadata(list, namespacedName), nil
	})
}

// namespacedName is namespace/name, or the name alone for an object that is in no namespace.
func namespacedName(object metav1.Object) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}
