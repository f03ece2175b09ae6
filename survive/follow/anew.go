package follow

import (
	"context"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// Anew makes a reflector with these requests list again after an outage of the API server. By itself it goes on watching from where it was. If etcd
// was restored from a backup meanwhile, that is a version which is still to come, and the watch says nothing until then, perhaps for weeks.
func Anew(requests *cache.ListWatch) *cache.ListWatch {
	var away atomic.Bool
	return &cache.ListWatch{
		ListWithContextFunc: requests.ListWithContextFunc,
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			if options.SendInitialEvents != nil { // a list that was asked for as a stream
				return requests.WatchFuncWithContext(ctx, options)
			}
			if away.Swap(false) {
				return nil, apierrors.NewResourceExpired("the API server was away")
			}
			stream, err := requests.WatchFuncWithContext(ctx, options)
			away.Store(goesOn(err))
			return stream, err
		},
	}
}

// goesOn reports that a reflector asks for the same watch again after this error. After others it lists.
func goesOn(err error) bool {
	return err != nil && (utilnet.IsConnectionRefused(err) || apierrors.IsTooManyRequests(err))
}
