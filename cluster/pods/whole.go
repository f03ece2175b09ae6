package pods

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// Whole reads a pod with its spec, as JSON. ok is false when there is none. An error means "cannot tell".
func Whole(ctx context.Context, client corev1.PodsGetter, namespace, name string) (pod []byte, ok bool, err error) {
	found, err := client.Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read pod %s/%s: %w", namespace, name, err)
	}
	pod, err = json.Marshal(found)
	return pod, err == nil, err
}
