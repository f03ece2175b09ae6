package budgets

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Pods reads whole pods: whether one is available is in its status. The server needs the permission to get pods.
type Pods struct{ client corev1client.PodsGetter }

// NewPods makes a Pods.
func NewPods(client corev1client.PodsGetter) *Pods { return &Pods{client: client} }

// Pod returns the pod as the API server has it now, nil when there is none. An error means "cannot tell".
func (p *Pods) Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	if name == "" || len(content.IsPathSegmentName(name)) > 0 {
		return nil, nil // no pod has such a name, and the client could not ask for it
	}
	pod, err := p.client.Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading pod %s/%s: %w", namespace, name, err)
	default:
		return pod, nil
	}
}
