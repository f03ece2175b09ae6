package controlplane

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/process"
)

// CreateNamespace creates a namespace and, unless the control plane has no controller manager, waits until pods can be
// created in it. GenerateName works.
func (c *ControlPlane) CreateNamespace(ctx context.Context, namespace *corev1.Namespace) (*corev1.Namespace, error) {
	created, err := c.client.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{})
	if err != nil || c.options.WithoutControllerManager {
		return created, err
	}
	err = c.running(&c.controllerManager).WaitUntil(ctx, fmt.Sprintf("namespace %s has its ServiceAccount", created.Name),
		func(ctx context.Context) error { return c.defaultServiceAccount(ctx, created.Name) })
	return created, err
}

// running reads a field that the mutex guards.
func (c *ControlPlane) running(field **process.Process) *process.Process {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return *field
}
