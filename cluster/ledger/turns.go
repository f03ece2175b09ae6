package ledger

import (
	"context"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// turns lets one caller a key go on at a time. The zero value is ready for use.
type turns struct {
	mu    sync.Mutex
	queue map[types.NamespacedName]*turn
}

// turn is held by whoever has put something into the channel.
type turn struct {
	held chan struct{}
	// callers hold the turn or wait for it.
	callers int
}

// take waits for the turn until ctx ends. The caller ends its turn by calling done.
func (t *turns) take(ctx context.Context, key types.NamespacedName) (done func(), err error) {
	mine := t.enter(key)
	select {
	case mine.held <- struct{}{}:
		return func() {
			<-mine.held
			t.leave(key, mine)
		}, nil
	case <-ctx.Done():
		t.leave(key, mine)
		return nil, ctx.Err()
	}
}

func (t *turns) enter(key types.NamespacedName) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.queue[key]
	if mine == nil {
		mine = &turn{held: make(chan struct{}, 1)}
		if t.queue == nil {
			t.queue = map[types.NamespacedName]*turn{}
		}
		t.queue[key] = mine
	}
	mine.callers++
	return mine
}

// leave forgets the key with its last caller.
func (t *turns) leave(key types.NamespacedName, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.callers--; mine.callers == 0 {
		delete(t.queue, key)
	}
}
