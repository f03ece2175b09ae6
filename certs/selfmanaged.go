package certs

import (
	"context"
	"crypto/tls"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/survive"
)

// SelfManaged is the source that needs nobody else: see the package documentation.
type SelfManaged struct {
	options        SelfManagedOptions
	secret         caSecret
	configurations *Configurations
	rotation       rotation
	wakeUp         chan struct{}

	patience patience

	serving atomic.Pointer[leaf]
	problem atomic.Pointer[error] // of the last pass; nil when it went well
	phase   atomic.Pointer[Phase] // as of the last pass that read the Secret; nil before

	// What follows belongs to the goroutine of Run.

	known   *state // what this replica last agreed with
	pending *leaf  // waits to be trusted by everybody before it serves
	carried struct {
		bundle []byte
		since  time.Time // zero: not carried now
	}
}

// NewSelfManaged makes a source that publishes into configurations, and runs them.
func NewSelfManaged(client kubernetes.Interface, configurations *Configurations, options SelfManagedOptions) (*SelfManaged, error) {
	if err := options.complete(); err != nil {
		return nil, err
	}
	return &SelfManaged{
		options: options,
		secret: caSecret{
			client:    client,
			namespace: options.Identity.Namespace,
			name:      options.SecretName,
			writes:    writeBudget(options.Clock),
		},
		configurations: configurations,
		rotation: rotation{
			leafLifetime: options.LeafLifetime,
			settle:       options.Settle,
			newAuthority: func(now time.Time) (*authority, error) { return newAuthority(now, options.CALifetime) },
		},
		wakeUp: make(chan struct{}, 1),
	}, nil
}

// GetCertificate implements Source.
func (s *SelfManaged) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if serving := s.serving.Load(); serving != nil {
		return serving.certificate, nil
	}
	return nil, ErrNoCertificate
}

// Healthy implements HealthChecker.
func (s *SelfManaged) Healthy() error {
	err := ErrNoCertificate
	if serving := s.serving.Load(); serving != nil {
		err = s.patience.judge(s.configurations.Verify(serving.certificate), s.options.Clock.Now())
	}
	if problem := s.problem.Load(); err != nil && problem != nil {
		return fmt.Errorf("%w (last problem: %w)", err, *problem)
	}
	return err
}

const (
	// firstRetry and lastRetry bound the pause after a pass that failed; it doubles from one to the other. Losing a
	// race with another replica is such a failure, and its retry should be short.
	firstRetry = 100 * time.Millisecond
	lastRetry  = 30 * time.Second
	// longestPause is how long nothing is looked at when nothing happens: a net below the watches.
	longestPause = 10 * time.Minute
)

// Run implements Source.
func (s *SelfManaged) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { s.configurations.Run(ctx) })
	running.Go(func() {
		s.secret.watch(ctx, func() {
			select {
			case s.wakeUp <- struct{}{}:
			default: // it will wake up already
			}
		})
	})

	retry := firstRetry
	for ctx.Err() == nil {
		var pause time.Duration
		err := survive.Try(ctx, func() (err error) {
			pause, err = s.pass(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.report(err)
			pause, retry = retry, min(2*retry, lastRetry)
		} else {
			s.problem.Store(nil)
			retry = firstRetry
		}
		timer := s.options.Clock.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C():
		case <-s.wakeUp:
		case <-s.configurations.changed:
		}
		timer.Stop()
	}
	return nil
}

func (s *SelfManaged) report(err error) {
	s.problem.Store(&err)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		s.options.Log.V(1).Info("another replica was faster, reading again", "reason", err.Error())
		return
	}
	s.options.Log.Error(err, "cannot keep certificates right, trying again")
}

var (
	_ Source        = (*SelfManaged)(nil)
	_ HealthChecker = (*SelfManaged)(nil)
)
