package live

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/survive"
	"github.com/kruise-admission/kruise-admission/survive/follow"
)

var namespaces = corev1.SchemeGroupVersion.WithResource("namespaces")

// watchNamespaces keeps the labels of namespaces current.
func (s *Source) watchNamespaces(ctx context.Context, first *firstList) {
	into := newSink(ctx, s, first, readNamespace, func(delta cluster.Delta[map[string]string]) {
		s.store.Apply(cluster.Change{Namespaces: delta})
	})
	watching := reflector(s, s.metadata.Resource(namespaces), request{resource: "namespaces", first: first}, &metav1.PartialObjectMetadata{}, into)
	follow.Forever(ctx, func(ctx context.Context) { _ = watching.ListAndWatchWithContext(ctx) }) // reported by the reflector's requests
}

func readNamespace(object any) (map[string]string, error) {
	namespace, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return nil, fmt.Errorf("not the metadata of a namespace: %T", object)
	}
	return namespace.Labels, nil
}

// lookupTimeout bounds a look-up whose askers have all gone. It is what an API server waits for a webhook by default.
const lookupTimeout = 10 * time.Second

// namespaceLookup reads namespaces that the watch has not brought yet: a pod may follow its namespace within milliseconds. Answers are not kept. A
// namespace that was not there may be a moment later, and one that was there the watch will bring; put into memory by anyone else, it could stay
// there after the watch has said that it is gone.
type namespaceLookup struct {
	get    func(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error)
	flight singleflight.Group
}

func (s *Source) getNamespace(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	return s.metadata.Resource(namespaces).Get(ctx, name, metav1.GetOptions{})
}

// answer is what one read found.
type answer struct {
	labels map[string]string
	found  bool
}

// labels is a [cluster.NamespaceLookup]. Any number of askers cause one read.
func (l *namespaceLookup) labels(ctx context.Context, name string) (map[string]string, bool, error) {
	// The name comes from a request and would become part of a URL. What is no DNS label is no namespace.
	if len(validation.IsDNS1123Label(name)) > 0 {
		return nil, false, nil
	}
	flight := l.flight.DoChan(name, func() (any, error) {
		// The read is for all who ask: it must not end with the patience of the first.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTimeout)
		defer cancel()
		// This goroutine is nobody's request, so a panic would end the process.
		var found answer
		err := survive.Try(ctx, func() (err error) {
			found, err = l.read(ctx, name)
			return err
		})
		if errors.Is(err, survive.ErrPanicked) {
			err = decision.CannotTell("cannot read the labels of namespace %q: %w", name, err)
		}
		return found, err
	})
	var landed singleflight.Result
	select {
	case <-ctx.Done():
		return nil, false, decision.CannotTell("cannot read the labels of namespace %q: %w", name, context.Cause(ctx))
	case landed = <-flight:
	}
	if landed.Err != nil {
		return nil, false, landed.Err
	}
	found := landed.Val.(answer)
	if !found.found && landed.Shared {
		// The read may have begun before the question, and the namespace may have come in between.
		var err error
		if found, err = l.read(ctx, name); err != nil {
			return nil, false, err
		}
	}
	return found.labels, found.found, nil
}

// read asks the API server.
func (l *namespaceLookup) read(ctx context.Context, name string) (answer, error) {
	namespace, err := l.get(ctx, name)
	switch {
	case err == nil:
		return answer{labels: namespace.Labels, found: true}, nil
	case apierrors.IsNotFound(err) && !apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse):
		return answer{}, nil // said by an API server, and not by a proxy in between
	}
	unable := decision.CannotTell("cannot read the labels of namespace %q: %w", name, err)
	if !apierrors.IsForbidden(err) && !apierrors.IsUnauthorized(err) {
		unable.RetryAfter = time.Second
	}
	return answer{}, unable
}
