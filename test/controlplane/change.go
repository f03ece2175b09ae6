package controlplane

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
)

// client is a typed client for the objects of one kind.
type client[T any] interface {
	Get(ctx context.Context, name string, options metav1.GetOptions) (T, error)
	Update(ctx context.Context, object T, options metav1.UpdateOptions) (T, error)
}

// conflicts is how often Change tries, and how long it waits in between: some seconds in all.
var conflicts = wait.Backoff{Steps: 10, Duration: 10 * time.Millisecond, Factor: 2, Jitter: 0.1}

// Change changes an object that others write at the same time, such as replicas that publish a caBundle in it: it is read,
// changed and written, and all of that again when somebody wrote it in between. It returns the object as it was written.
func Change[T any](ctx context.Context, objects client[T], name string, change func(T)) (changed T, err error) {
	err = retry.RetryOnConflict(conflicts, func() error {
		object, err := objects.Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		change(object)
		changed, err = objects.Update(ctx, object, metav1.UpdateOptions{})
		return err
	})
	return changed, err
}
