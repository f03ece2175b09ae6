package cluster

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kruise-admission/kruise-admission/survive"
)

// tellAgain is how soon a listener that has panicked is told again.
const tellAgain = 5 * time.Second

// notifier tells who registered which SidecarSets changed. Changes that come while a call is running are put together into the
// next one, so a slow listener gets fewer and larger calls and never a queue that grows.
type notifier struct {
	listeners []*listener
	filled    chan struct{}
	fill      func()
	synced    atomic.Bool

	pendingMu sync.Mutex
	pending   map[string]struct{}
	// wake holds at most one token: something is pending.
	wake chan struct{}
}

func newNotifier() *notifier {
	filled := make(chan struct{})
	return &notifier{
		filled:  filled,
		fill:    sync.OnceFunc(func() { close(filled) }),
		pending: map[string]struct{}{},
		wake:    make(chan struct{}, 1),
	}
}

// OnChange implements [Source].
func (n *notifier) OnChange(changed func(sidecarSets []string)) {
	n.listeners = append(n.listeners, &listener{changed: changed, owing: true})
}

// Synced implements [Source].
func (n *notifier) Synced() bool { return n.synced.Load() }

// Filled says that the source has applied everything there is, so that listeners may be told. Later calls do nothing.
func (n *notifier) Filled() { n.fill() }

// Deliver calls the listeners until ctx ends: first, once the source has called Filled, with the names of everything that there
// is, then with what changed. One that panics is called again with the same names, and keeps nothing from the others. It must be called
// once.
func (n *notifier) Deliver(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-n.filled:
	}
	for {
		var again <-chan time.Time
		if !n.call(ctx, n.take()) {
			again = time.After(tellAgain)
		}
		n.synced.Store(true)
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
		case <-again:
		}
	}
}

// call tells everybody, and returns false when somebody must be told again.
func (n *notifier) call(ctx context.Context, names []string) bool {
	told := true
	for _, listener := range n.listeners {
		if listener.tell(ctx, names) != nil { // the log has it
			told = false
		}
	}
	return told
}

// listener is somebody who registered. Its fields belong to the goroutine of Deliver.
type listener struct {
	changed func(sidecarSets []string)
	// owing says that a call with the names in owed has not come to its end. The first one, which may be without names, is owed to everybody.
	owing bool
	owed  []string
}

func (l *listener) tell(ctx context.Context, names []string) error {
	if l.owing {
		names = slices.Concat(l.owed, names)
		slices.Sort(names)
		names = slices.Compact(names)
	} else if len(names) == 0 {
		return nil
	}
	l.owing, l.owed = true, names
	err := survive.Try(ctx, func() error {
		l.changed(names)
		return nil
	})
	if err == nil {
		l.owing, l.owed = false, nil
	}
	return err
}

// notify remembers names for the next call.
func (n *notifier) notify(names []string) {
	if len(names) == 0 {
		return
	}
	n.pendingMu.Lock()
	defer n.pendingMu.Unlock()
	for _, name := range names {
		n.pending[name] = struct{}{}
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// take returns the pending names, sorted.
func (n *notifier) take() []string {
	n.pendingMu.Lock()
	defer n.pendingMu.Unlock()
	names := slices.Sorted(maps.Keys(n.pending))
	n.pending = map[string]struct{}{} // a cleared one would keep the room for all there is
	select {
	case <-n.wake:
	default:
	}
	return names
}
