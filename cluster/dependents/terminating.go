package dependents

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var namespaces = corev1.SchemeGroupVersion.WithResource("namespaces")

// NamespaceTerminating says whether the namespace is being deleted. One that does not exist is not. The namespace must have a
// valid name. It is read anew each time, because its controller asks within milliseconds of the delete.
func (l *Live) NamespaceTerminating(ctx context.Context, namespace string) (bool, error) {
	object, err := l.metadata.Resource(namespaces).Get(ctx, namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return object.DeletionTimestamp != nil, nil
}
