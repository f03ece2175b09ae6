package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
)

// FieldManager is the name under which statuses are written.
const FieldManager = "kruise-admission-ledger"

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

	mu sync.Mutex
	// waiting are the questions that nobody answers yet. An object is in it, perhaps with none, while somebody answers others about it.
	waiting map[types.NamespacedName][]*question[P]
}

// New makes a Ledger for a kind, whose newest version has the type T. The client should have no rate limit of its own: a request that waits
// for one only runs into its deadline.
func New[T any, P interface {
	*T
	metav1.Object
}](client dynamic.Interface, kind cluster.Kind) *Ledger[T, P] {
	return &Ledger[T, P]{client: client, kind: kind, waiting: map[types.NamespacedName][]*question[P]{}}
}

// Take reads the object and calls decide with it; nil means that there is none. What decide returns is merged into the status, under the
// condition that nobody has changed the object since; otherwise it starts again, until ctx ends. Nil changes nothing. An error of decide is
// returned as it is; all others are made by [decision.CannotTell], and nothing is known to be written. Decide is never called after Take has
// returned.
func (l *Ledger[T, P]) Take(ctx context.Context, namespace, name string, decide func(P) (status map[string]any, err error)) error {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	asked := &question[P]{decide: decide, done: make(chan struct{})}
	l.ask(key, asked)
	select {
	case <-asked.done:
		return asked.err
	case <-ctx.Done():
		asked.drop()
		return l.unable(key, fmt.Errorf("no answer in time: %w", ctx.Err()))
	}
}

// read returns the object as it is now as JSON, and the version in which it was read; nil when there is none.
func (l *Ledger[T, P]) read(ctx context.Context, key types.NamespacedName) ([]byte, schema.GroupVersion, error) {
	if !cluster.IsName(key.Name) || !cluster.IsName(key.Namespace) {
		return nil, schema.GroupVersion{}, nil // nothing has such a name, and the client could not ask for it
	}
	for _, version := range l.kind.Versions {
		stored, err := l.resource(version, key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
			continue // the API server does not know the version
		case apierrors.IsNotFound(err):
			return nil, version, nil
		case err != nil:
			return nil, version, fmt.Errorf("read it: %w", err)
		}
		stored.SetManagedFields(nil)
		raw, err := stored.MarshalJSON()
		if err != nil {
			return nil, version, fmt.Errorf("read it: %w", err)
		}
		return raw, version, nil
	}
	return nil, schema.GroupVersion{}, nil // a cluster without the kind has no objects
}

// write merges a patch into the object, which must be as it was read.
func (l *Ledger[T, P]) write(ctx context.Context, key types.NamespacedName, version schema.GroupVersion, patch []byte) error {
	_, err := l.resource(version, key.Namespace).Patch(ctx, key.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: FieldManager}, "status")
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err): // changed, or deleted
		return errOutdated
	case err != nil:
		return fmt.Errorf("write its status: %w", err)
	default:
		return nil
	}
}

func (l *Ledger[T, P]) resource(version schema.GroupVersion, namespace string) dynamic.ResourceInterface {
	return l.client.Resource(version.WithResource(l.kind.Resource)).Namespace(namespace)
}

// unable says what could not be done, and that asking again helps unless the API server denies it.
func (l *Ledger[T, P]) unable(key types.NamespacedName, err error) error {
	unable := decision.CannotTell("%s %s: %w", l.kind.Kind, key, err)
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) && !apierrors.IsInvalid(err) {
		unable.RetryAfter = retryAfter
	}
	return unable
}
