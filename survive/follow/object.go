package follow

import (
	"context"
	"slices"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/survive"
)

// Client reaches the objects of one kind; the typed and the dynamic clients do.
type Client[L runtime.Object] interface {
	List(ctx context.Context, options metav1.ListOptions) (L, error)
	Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error)
}

// Object is one object that is followed by its name, so that no right to others is needed.
type Object struct {
	// Name is its name, and Example an empty object of its kind. Both are required.
	Name    string
	Example runtime.Object
	// Seen is told how the object is, first when that is known and then at every change; nil says that there is none. Required.
	Seen func(object any)
	// Failed is told why the object cannot be read now, and of a panic of Seen. Default: nobody is.
	Failed func(err error)
	// Log gets what client-go says. Default: nothing.
	Log logr.Logger
}

// Follow follows an object until ctx ends.
func Follow[L runtime.Object](ctx context.Context, from Client[L], object Object) {
	if object.Failed == nil {
		object.Failed = func(error) {}
	}
	if object.Log.GetSink() == nil {
		object.Log = logr.Discard()
	}
	ctx = logr.NewContext(ctx, object.Log)
	name := fields.OneTermEqualSelector(metav1.ObjectNameField, object.Name).String()
	requests := listed{Anew(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = name
			return from.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = name
			return from.Watch(ctx, options)
		},
	})}
	pace := Backoff()
	reflector := cache.NewReflectorWithOptions(requests, object.Example, &sight{object, ctx}, cache.ReflectorOptions{
		Name: object.Name, Logger: &object.Log, Backoff: &pace,
	})
	Forever(ctx, func(ctx context.Context) {
		if err := reflector.ListAndWatchWithContext(ctx); err != nil && ctx.Err() == nil {
			object.Failed(err)
		}
	})
}

// listed are requests that list before they watch: to have one object streamed gains nothing, and the fake clients of client-go cannot.
type listed struct{ *cache.ListWatch }

// IsWatchListSemanticsUnSupported is what client-go asks.
func (listed) IsWatchListSemanticsUnSupported() bool { return true }

// sight passes on what a reflector sees.
type sight struct {
	Object
	ctx context.Context
}

var _ cache.ReflectorStore = (*sight)(nil)

// tell tells of the object. A panic over it must not keep the next state of it from being seen.
func (s *sight) tell(object any) error {
	err := survive.Try(s.ctx, func() error {
		s.Seen(object)
		return nil
	})
	if err != nil {
		s.Failed(err)
	}
	return nil
}

// is reports whether that is the object. Servers of tests may not know of field selectors.
func (s *sight) is(object any) bool {
	metadata, err := meta.Accessor(object)
	return err == nil && metadata.GetName() == s.Name
}

// Add implements cache.ReflectorStore.
func (s *sight) Add(object any) error {
	if !s.is(object) {
		return nil
	}
	return s.tell(object)
}

// Update implements cache.ReflectorStore.
func (s *sight) Update(object any) error { return s.Add(object) }

// Delete implements cache.ReflectorStore.
func (s *sight) Delete(object any) error {
	if !s.is(object) {
		return nil
	}
	return s.tell(nil)
}

// Replace implements cache.ReflectorStore.
func (s *sight) Replace(objects []any, _ string) error {
	if i := slices.IndexFunc(objects, s.is); i >= 0 {
		return s.tell(objects[i])
	}
	return s.tell(nil)
}

// Resync implements cache.ReflectorStore. There is nothing that could be out of step.
func (s *sight) Resync() error { return nil }
