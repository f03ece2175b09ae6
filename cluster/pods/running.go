package pods

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// Running reads a pod whole, for the rules that look at its containers or at their state, and the metadata of its node. The server
// needs the permission to get pods and nodes.
type Running struct {
	pods     coreclient.PodsGetter
	metadata metadata.Interface
}

// NewRunning makes a Running.
func NewRunning(pods coreclient.PodsGetter, metadata metadata.Interface) *Running {
	return &Running{pods: pods, metadata: metadata}
}

// Pod returns the pod of that name as it is now, nil when there is none. An error means "cannot tell".
func (r *Running) Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	if !cluster.IsName(namespace) || !cluster.IsName(name) {
		return nil, nil
	}
	pod, err := r.pods.Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read pod %s/%s: %w", namespace, name, err)
	}
	return pod, nil
}

// Node returns the metadata of the node of that name, nil when there is none. An error means "cannot tell".
func (r *Running) Node(ctx context.Context, name string) (*metav1.ObjectMeta, error) {
	if !cluster.IsName(name) {
		return nil, nil
	}
	node, err := r.metadata.Resource(corev1.SchemeGroupVersion.WithResource("nodes")).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read node %q: %w", name, err)
	}
	return &node.ObjectMeta, nil
}
