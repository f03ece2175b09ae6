package webhook

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"

	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// coldStartInterval is the pause between two looks at what the view waits for: a cluster without replicas should not wait for long.
	coldStartInterval = 500 * time.Millisecond
	// coldStartPatience bounds one look.
	coldStartPatience = 10 * time.Second
)

// ColdStart lets a replica be ready before it has its view of the cluster, when it would wait for ever otherwise; see the comment of the package.
//
// Once given, the excuse holds until the excused checks pass: what ends the reason for it, a reachable /convert, is its own effect.
type ColdStart struct {
	complete         Check
	awaitsConversion func(context.Context) (bool, error)
	log              logr.Logger
	interval         time.Duration // shorter in tests
	given            atomic.Bool
	failure          string // the last one that was logged
}

// NewColdStart returns a ColdStart for a server whose view is there when complete says nil. It asks awaitsConversion whether the view is
// incomplete only because no replica is there to convert for the API server.
func NewColdStart(complete Check, awaitsConversion func(context.Context) (bool, error), log logr.Logger) *ColdStart {
	return &ColdStart{complete: complete, awaitsConversion: awaitsConversion, log: log, interval: coldStartInterval}
}

// Run looks for the reason to be ready without a view until the view is there, or ctx ends.
func (c *ColdStart) Run(ctx context.Context) error {
	ticker := time.NewTicker(c.interval)
	defer ticker.Stop()
	for c.complete() != nil && !c.given.Load() {
		c.look(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func (c *ColdStart) look(ctx context.Context) {
	limited, cancel := context.WithTimeout(ctx, coldStartPatience)
	defer cancel()
	var awaits bool
	err := survive.Try(limited, func() (err error) {
		awaits, err = c.awaitsConversion(limited)
		return err
	})
	switch {
	case err != nil && ctx.Err() == nil && err.Error() != c.failure:
		c.failure = err.Error()
		c.log.Error(err, "cannot tell whether other replicas are ready; this one waits for its view of the cluster")
	case awaits:
		c.given.Store(true)
		c.log.Info("ready before the view of the cluster is complete: no replica is ready, and the API server needs one to convert what it has stored " +
			"in an older version; until the view is complete reviews are answered 503")
	}
}

// View is the check of the view. It fits [Readiness.Add].
func (c *ColdStart) View() error {
	if c.given.Load() {
		return nil
	}
	return c.complete()
}

// Canary makes of a canary a check that passes also while its handlers answer "not ready to decide", as they do without a view. It does so until the
// canary has been answered once: the view may be there a moment before.
func (c *ColdStart) Canary(canary *Canary) Check {
	var answered atomic.Bool
	return func() error {
		err := canary.Err()
		switch {
		case err == nil:
			answered.Store(true)
		case !answered.Load() && c.given.Load() && errors.As(err, &notYet{}):
			return nil
		}
		return err
	}
}
