package live

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// request says what to ask for.
type request struct {
	// resource is what errors call it.
	resource string
	// optional says that the API server may not serve the resource, and that this is no failure.
	optional bool
	// fields selects objects. Default: all.
	fields string
	// first is told of failures until the first list has come.
	first *firstList
}

// reflector makes a reflector for the objects of one kind, whose type example shows. Failed requests are reported here, because the reflector
// does not tell of all of them.
func reflector[L runtime.Object](s *Source, from follow.Client[L], request request, example runtime.Object, into cache.ReflectorStore) *cache.Reflector {
	askedForPatience := false
	report := func(ctx context.Context, verb string, options metav1.ListOptions, err error) {
		again := askedForPatience
		askedForPatience = apierrors.IsTooManyRequests(err)
		if err == nil || request.optional && apierrors.IsNotFound(err) || !worthReporting(options, err) {
			return
		}
		if !request.optional || !apierrors.IsTooManyRequests(err) || !request.first.missing() {
			request.first.failed(err)
		} else if why := whyUnready(ctx, from); why != nil {
			verb, err = "list", why
			request.first.failed(err)
		} else {
			request.first.readable()
		}
		if apierrors.IsTooManyRequests(err) && !again {
			return // the API server fills its cache of a resource when its definition comes, and asks for patience meanwhile
		}
		s.options.OnError(fmt.Errorf("cannot %s %s: %w", verb, request.resource, err))
	}
	requests := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.FieldSelector = request.fields
			list, err := from.List(ctx, options)
			report(ctx, "list", options, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.FieldSelector = request.fields
			stream, err := from.Watch(ctx, options)
			report(ctx, "watch", options, err)
			return stream, err
		},
	}
	pace := follow.Backoff()
	return cache.NewReflectorWithOptions(follow.Anew(requests), example, into, cache.ReflectorOptions{
		Name:    request.resource,
		Logger:  &s.options.Logger,
		Backoff: &pace,
	})
}

// worthReporting tells failures from what belongs to the normal life of a watch.
func worthReporting(options metav1.ListOptions, err error) bool {
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case apierrors.IsResourceExpired(err), apierrors.IsGone(err), apierrors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge):
		return false // the reflector lists anew
	case options.SendInitialEvents != nil:
		// A list that was asked for as a stream. The reflector asks again after these two errors, and after others for a plain list, which
		// then tells the same.
		return utilnet.IsConnectionRefused(err) || apierrors.IsTooManyRequests(err)
	}
	return true
}
