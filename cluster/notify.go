package cluster

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// notifier tells who registered which SidecarSets changed. Changes that come while a call is running are put together into the
// next one, so a slow listener gets fewer and larger calls and never a queue that grows.
type notifier struct {
	listeners []func([]string)
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
func (n *notifier) OnChange(listener func(sidecarSets []string)) {
	n.listeners = append(n.listeners, listener)
}

// Synced implements [Source].
func (n *notifier) Synced() bool { return n.synced.Load() }

// Filled says that the source has applied everything there is, so that listeners may be told. Later calls do nothing.
func (n *notifier) Filled() { n.fill() }

// Deliver calls the listeners until ctx ends: first, once the source has called Filled, with the names of everything that there
// is, then with what changed. It must be called once.
func (n *notifier) Deliver(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-n.filled:
	}
	n.call(n.take())
	n.synced.Store(true)
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wake:
			n.call(n.take())
		}
	}
}

func (n *notifier) call(names []string) {
	for _, listener := range n.listeners {
		listener(names)
	}
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
