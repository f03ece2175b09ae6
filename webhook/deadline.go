package webhook

import (
	"context"
	"sync"
	"time"
)

// lazyDeadline is the context of a review. It is context.WithDeadline whose timer starts when somebody waits for the end: most reviews are decided
// from memory, wait for nothing, and end before a timer would be worth its cost.
type lazyDeadline struct {
	context.Context // of the request
	at              time.Time

	mu      sync.Mutex
	waiting context.Context // with the timer; nil until somebody waits
	cancel  context.CancelFunc
}

func withLazyDeadline(request context.Context, at time.Time) *lazyDeadline {
	if sooner, ok := request.Deadline(); ok && sooner.Before(at) {
		at = sooner
	}
	return &lazyDeadline{Context: request, at: at}
}

// Deadline implements context.Context.
func (d *lazyDeadline) Deadline() (time.Time, bool) { return d.at, true }

// Done implements context.Context. It starts the timer.
func (d *lazyDeadline) Done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting == nil {
		d.waiting, d.cancel = context.WithDeadline(d.Context, d.at)
	}
	return d.waiting.Done()
}

// Err implements context.Context.
func (d *lazyDeadline) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.waiting != nil:
		return d.waiting.Err()
	case d.Context.Err() != nil:
		return d.Context.Err()
	case !time.Now().Before(d.at):
		return context.DeadlineExceeded
	}
	return nil
}

// Value implements context.Context. Package context asks by it for what can be cancelled, after Done.
func (d *lazyDeadline) Value(key any) any {
	d.mu.Lock()
	from := d.waiting
	d.mu.Unlock()
	if from == nil {
		from = d.Context
	}
	return from.Value(key)
}

// end stops the timer, and all who wait.
func (d *lazyDeadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}
