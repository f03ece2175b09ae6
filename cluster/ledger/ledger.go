package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
)

// FieldManager is the name under which statuses are written.
const FieldManager = "kruise-admission-ledger"

// pause is how long to wait before an attempt after a lost race: 2 ms at first, a quarter of a second at most.
var pause = wait.Backoff{Duration: 2 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 7}

// retryAfter is when a caller whose time ran out may try again.
const retryAfter = time.Second

// errOutdated says that somebody has written the object since it was read.
var errOutdated = errors.New("others keep changing it")

// Ledger reads objects of one kind and writes their status. The server needs the permission to get the objects and to patch their status. It
// is safe for concurrent use.
type Ledger[T any, P interface {
	*T
	metav1.Object
}] struct {
	client dynamic.Interface
	kind   cluster.Kind
	turns  turns
}

// New makes a Ledger for a kind, whose newest version has the type T. The client should have no rate limit of its own: a request that waits
// for one only runs into its deadline.
func New[T any, P interface {
	*T
	metav1.Object
}](client dynamic.Interface, kind cluster.Kind) *Ledger[T, P] {
	return &Ledger[T, P]{client: client, kind: kind}
}

// Take reads the object and calls decide with it; nil means that there is none. What decide returns is merged into the status, under the
// condition that nobody has changed the object since; otherwise it starts again, until ctx ends. Nil changes nothing. An error of decide is
// returned as it is; all others are made by [decision.CannotTell], and nothing is known to be written.
func (l *Ledger[T, P]) Take(ctx context.Context, namespace, name string, decide func(P) (status map[string]any, err error)) error {
	done, err := l.turns.take(ctx, types.NamespacedName{Namespace: namespace, Name: name})
	if err != nil {
		return l.unable(namespace, name, fmt.Errorf("waiting for other requests about it: %w", err))
	}
	defer done()
	for wait := pause; ; {
		err := l.once(ctx, namespace, name, decide)
		if !errors.Is(err, errOutdated) {
			return err
		}
		select {
		case <-ctx.Done():
			return l.unable(namespace, name, fmt.Errorf("%w: %w", errOutdated, ctx.Err()))
		case <-time.After(wait.Step()):
		}
	}
}

// once is one attempt.
func (l *Ledger[T, P]) once(ctx context.Context, namespace, name string, decide func(P) (map[string]any, error)) error {
	object, version, err := l.read(ctx, namespace, name)
	if err != nil {
		return l.unable(namespace, name, err)
	}
	status, err := decide(object)
	if err != nil || object == nil || status == nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": object.GetUID(), "resourceVersion": object.GetResourceVersion()},
		"status":   status,
	})
	if err != nil {
		return l.unable(namespace, name, fmt.Errorf("encoding its status: %w", err))
	}
	_, err = l.resource(version, namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}, "status")
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err): // changed, or deleted
		return errOutdated
	case err != nil:
		return l.unable(namespace, name, fmt.Errorf("writing its status: %w", err))
	default:
		return nil
	}
}

// read returns the object as it is now and the version in which it was read; nil when there is none.
func (l *Ledger[T, P]) read(ctx context.Context, namespace, name string) (P, schema.GroupVersion, error) {
	if name == "" || namespace == "" || len(content.IsPathSegmentName(name)) > 0 || len(content.IsPathSegmentName(namespace)) > 0 {
		return nil, schema.GroupVersion{}, nil // nothing has such a name, and the client could not ask for it
	}
	for _, version := range l.kind.Versions {
		stored, err := l.resource(version, namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
			continue // the API server does not know the version
		case apierrors.IsNotFound(err):
			return nil, version, nil
		case err != nil:
			return nil, version, fmt.Errorf("reading it: %w", err)
		}
		raw, err := stored.MarshalJSON()
		if err != nil {
			return nil, version, fmt.Errorf("reading it: %w", err)
		}
		object, err := cluster.ReadObject[T, P](l.kind, raw)
		if err != nil {
			return nil, version, fmt.Errorf("reading it: %w", err)
		}
		return object, version, nil
	}
	return nil, schema.GroupVersion{}, nil // a cluster without the kind has no objects
}

func (l *Ledger[T, P]) resource(version schema.GroupVersion, namespace string) dynamic.ResourceInterface {
	return l.client.Resource(version.WithResource(l.kind.Resource)).Namespace(namespace)
}

// unable says what could not be done, and that asking again helps unless the API server denies it.
func (l *Ledger[T, P]) unable(namespace, name string, err error) error {
	unable := decision.CannotTell("%s %s/%s: %w", l.kind.Kind, namespace, name, err)
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) && !apierrors.IsInvalid(err) {
		unable.RetryAfter = retryAfter
	}
	return unable
}
