package dependents

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

var pods = corev1.SchemeGroupVersion.WithResource("pods")

// unfinished lets the API server leave out finished pods: a phase is not metadata, but pods can be selected by it. Pods
// in phase Pending, Running and Unknown, and with none, remain.
var unfinished = fields.AndSelectors(
	fields.OneTermNotEqualSelector("status.phase", string(corev1.PodSucceeded)),
	fields.OneTermNotEqualSelector("status.phase", string(corev1.PodFailed)),
).String()

// ActivePods finds the pods of the namespace that are neither finished nor terminating: all of them, or when more is true the
// first few. The namespace must have a valid name.
func (l *Live) ActivePods(ctx context.Context, namespace string) (names []string, more bool, err error) {
	return firstLive(ctx, metav1.ListOptions{FieldSelector: unfinished},
		func(ctx context.Context, options metav1.ListOptions) (page, error) {
			list, err := l.metadata.Resource(pods).Namespace(namespace).List(ctx, options)
			if err != nil {
				return page{}, err
			}
			return liveMetadata(list, metav1.Object.GetName), nil
		})
}

// BoundClaims finds the claims of the namespace that are in phase Bound and not terminating: all of them, or when more is true the
// first few. The namespace must have a valid name.
//
// It reads whole objects. The phase is what decides, and it is neither metadata nor a field
// that the API server selects claims by; the annotation pv.kubernetes.io/bind-completed stays on lost claims; and a Table would
// carry the phase, but its columns are made for people and promise nothing to programs. Claims are small, and most
// namespaces hold few.
func (l *Live) BoundClaims(ctx context.Context, namespace string) (names []string, more bool, err error) {
	return firstLive(ctx, metav1.ListOptions{}, func(ctx context.Context, options metav1.ListOptions) (page, error) {
		list, err := l.core.PersistentVolumeClaims(namespace).List(ctx, options)
		if err != nil {
			return page{}, err
		}
		p := page{next: list.Continue}
		for i := range list.Items {
			if claim := &list.Items[i]; claim.Status.Phase == corev1.ClaimBound && claim.DeletionTimestamp == nil {
				p.live = append(p.live, claim.Name)
			}
		}
		return p, nil
	})
}
