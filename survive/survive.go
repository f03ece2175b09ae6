// Package survive lets the server outlive a panic over one object: whoever may create an object that the server reads must not be able to end it,
// again and again, on every replica.
//
// It is how Kubernetes does it (k8s.io/apimachinery/pkg/util/runtime), so that the loops of client-go, which call code of ours with objects of
// others, survive as ours do: informers skip the object, reflectors list again, and elections begin anew. What has a loop of its own
// calls [Try] for each object or each pass, reports the error as it does any other, and goes on.
//
// Only a program that calls [Enable] survives, which the server does. Everywhere else, as in the tests of a package, a panic ends the process as ever.
//
// Reviews need only [Cause]: around each stands the handler of package webhook, which answers that it cannot tell.
package survive

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

// ErrPanicked is the error of what has panicked. It says nothing of the cause, which may hold secrets; see [Cause].
var ErrPanicked = errors.New("internal error: panic, whose stack is in the log")

// count is how many panics were survived.
var count atomic.Uint64

// Count is how many panics this process has survived, for metrics.
func Count() uint64 { return count.Load() }

// enabling lets several servers be started in one process.
var enabling sync.Mutex

// Enable makes panics of all loops be survived, logged and counted, those of client-go included. It is for a process as a whole.
func Enable() {
	enabling.Lock()
	defer enabling.Unlock()
	utilruntime.PanicHandlers = []func(context.Context, any){report}
	utilruntime.ReallyCrash = false
}

func report(ctx context.Context, value any) {
	count.Add(1)
	klog.FromContext(ctx).Error(Cause(value), "a panic was survived", "stack", string(debug.Stack()))
}

// Try calls do. If it panics, that is logged with the logger of ctx, and the error is [ErrPanicked].
func Try(ctx context.Context, do func() error) (err error) {
	defer utilruntime.HandleCrashWithContext(ctx, func(context.Context, any) { err = ErrPanicked })
	return do()
}

// Cause says what a panic was about, for the log. What the program itself panicked with may repeat an object, which may hold
// secrets, so only errors of the runtime are spelled out; the stack tells the rest.
func Cause(value any) error {
	if err, ok := value.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic with a value of type %T", value)
}
