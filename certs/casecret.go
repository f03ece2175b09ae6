package certs

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// caSecret is the one Secret that replicas agree by. Every write is a create, or an update that names the
// resourceVersion of what it replaces, so that of several writers one wins and the others are told (409).
type caSecret struct {
	client          kubernetes.Interface
	namespace, name string
	// writes keeps the peace with somebody who undoes ours.
	writes flowcontrol.PassiveRateLimiter
}

// read returns the Secret, or nil when it does not exist. It asks the API server and not a cache: nobody may sign a
// leaf by an authority that has been retired since, or publish a bundle that is out of date.
func (c caSecret) read(ctx context.Context) (*corev1.Secret, error) {
	secret, err := c.client.CoreV1().Secrets(c.namespace).Get(ctx, c.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read CA secret %s/%s: %w", c.namespace, c.name, err)
	}
	return secret, nil
}

// write replaces old, which read returned, by s.
func (c caSecret) write(ctx context.Context, old *corev1.Secret, s state) error {
	secret, err := s.encode(old, c.namespace, c.name)
	if err != nil {
		return err
	}
	if !c.writes.TryAccept() {
		return fmt.Errorf("write CA secret %s/%s: somebody keeps changing it; find the field manager in its managedFields", c.namespace, c.name)
	}
	secrets := c.client.CoreV1().Secrets(c.namespace)
	if old == nil {
		_, err = secrets.Create(ctx, secret, metav1.CreateOptions{FieldManager: FieldManager})
	} else {
		_, err = secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: FieldManager})
	}
	if err != nil {
		return fmt.Errorf("write CA secret %s/%s: %w", c.namespace, c.name, err)
	}
	return nil
}

// watch calls changed when the Secret is created, changed or deleted, until ctx ends. The event is all that counts: the content is read when it is
// used, and a private key should not lie in a cache.
func (c caSecret) watch(ctx context.Context, changed func()) {
	follow.Follow(ctx, c.client.CoreV1().Secrets(c.namespace), follow.Object{
		Name: c.name, Example: &corev1.Secret{}, Seen: func(any) { changed() }, // read meets the same failures and reports them
	})
}
