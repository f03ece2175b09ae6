package live

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive"
)

// sink is where a reflector puts the objects of one kind. It reduces each to what the view gives out and passes it on; it keeps nothing.
type sink[T any] struct {
	// key is what the view calls an object. Default: by its name.
	key func(namespace, name string) string
	// read reduces an object.
	read func(object any) (T, error)
	// apply changes the view.
	apply func(cluster.Delta[T])
	// report is told of objects that cannot be read.
	report func(error)
	// filled is called after every complete list.
	filled func()
}

var _ cache.TransformingStore = (*sink[any])(nil)

// newSink makes a sink whose complete lists fill first. An object over which read panics is left out like any other that cannot be read.
func newSink[T any](ctx context.Context, s *Source, first *firstList, read func(object any) (T, error), apply func(cluster.Delta[T])) *sink[T] {
	return &sink[T]{
		read: func(object any) (value T, err error) {
			err = survive.Try(ctx, func() (err error) {
				value, err = read(object)
				return err
			})
			return value, err
		},
		apply:  apply,
		report: s.options.OnError,
		filled: first.filled,
	}
}

// entry is a reduced object on its way. The reflector asks for its metadata.
type entry[T any] struct {
	metav1.ObjectMeta
	value T
	err   error
}

// Transformer lets the reflector reduce objects as they stream in, so that a first list of thousands is never in memory as a whole.
func (s *sink[T]) Transformer() cache.TransformFunc {
	return func(object any) (any, error) { return s.reduce(object), nil }
}

func (s *sink[T]) reduce(object any) *entry[T] {
	if done, ok := object.(*entry[T]); ok {
		return done
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return &entry[T]{err: err}
	}
	reduced := &entry[T]{ObjectMeta: metav1.ObjectMeta{Namespace: metadata.GetNamespace(), Name: metadata.GetName()}}
	reduced.value, reduced.err = s.read(object)
	if errors.Is(reduced.err, survive.ErrPanicked) {
		reduced.err = fmt.Errorf("%T %s is left out: %w", object, cache.MetaObjectToName(metadata), reduced.err)
	}
	return reduced
}

func (s *sink[T]) keyOf(object metav1.Object) string {
	if s.key == nil {
		return object.GetName()
	}
	return s.key(object.GetNamespace(), object.GetName())
}

// delta reports and leaves out what could not be read.
func (s *sink[T]) delta(objects ...any) cluster.Delta[T] {
	delta := cluster.Delta[T]{Put: make(map[string]T, len(objects))}
	for _, object := range objects {
		reduced := s.reduce(object)
		if reduced.err != nil {
			s.report(reduced.err)
			delta.Drop = append(delta.Drop, s.keyOf(reduced))
			continue
		}
		delta.Put[s.keyOf(reduced)] = reduced.value
	}
	return delta
}

// Add implements cache.ReflectorStore.
func (s *sink[T]) Add(object any) error {
	s.apply(s.delta(object))
	return nil
}

// Update implements cache.ReflectorStore.
func (s *sink[T]) Update(object any) error { return s.Add(object) }

// Delete implements cache.ReflectorStore.
func (s *sink[T]) Delete(object any) error {
	metadata, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	s.apply(cluster.Delta[T]{Drop: []string{s.keyOf(metadata)}})
	return nil
}

// Replace implements cache.ReflectorStore.
func (s *sink[T]) Replace(objects []any, _ string) error {
	delta := s.delta(objects...)
	delta.All = true
	s.apply(delta)
	s.filled()
	return nil
}

// Resync implements cache.ReflectorStore. There is nothing that could be out of step.
func (s *sink[T]) Resync() error { return nil }
