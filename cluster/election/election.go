// Package election elects one replica of the server for work that must not be done twice, by a Lease. No decision about a request ever waits
// for it.
package election

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"github.com/kruise-admission/kruise-admission/survive"
)

// How a replica is elected. Nobody waits for it, so it may take a while to find another one.
const (
	// LeaseDuration is how long a Lease holds that is not renewed.
	LeaseDuration = 30 * time.Second
	renewDeadline = 20 * time.Second
	// RetryPeriod is the time between two tries.
	RetryPeriod = 5 * time.Second
)

// Options say what is elected, and who asks to be.
type Options struct {
	// Leases reaches the API server. Required.
	Leases coordinationv1.LeasesGetter
	// Namespace and Lease name the Lease whose holder works. Required.
	Namespace, Lease string
	// Identity tells replicas apart, for people who read the Lease: the name of the pod. Required; it need not be unique.
	Identity string
}

// Candidate is a replica that asks to be elected. Make it with [New].
type Candidate struct{ options Options }

// New returns a candidate that has asked the API server nothing yet. It fails when a required option is missing.
func New(options Options) (*Candidate, error) {
	for _, required := range []struct{ field, value string }{
		{"namespace", options.Namespace}, {"lease", options.Lease}, {"identity", options.Identity},
	} {
		if required.value == "" {
			return nil, fmt.Errorf("%s: required", required.field)
		}
	}
	if options.Leases == nil {
		return nil, fmt.Errorf("leases: required")
	}
	// Two processes with one identity would both take themselves for the leader.
	options.Identity += "_" + rand.Text()
	return &Candidate{options}, nil
}

// Identity is what the Lease calls this replica.
func (c *Candidate) Identity() string { return c.options.Identity }

// Run calls lead whenever this replica is elected, until ctx ends. The context of lead ends when the election is lost. If lead panics, the Lease is
// given back, and this replica asks to be elected again a little later than others do. An error means that it can never work.
func (c *Candidate) Run(ctx context.Context, lead func(ctx context.Context)) error {
	for ctx.Err() == nil {
		err := c.campaign(ctx, lead)
		if errors.Is(err, survive.ErrPanicked) {
			select {
			case <-ctx.Done():
			case <-time.After(2 * RetryPeriod):
			}
		} else if err != nil {
			return fmt.Errorf("elect the holder of Lease %s: %w", c.options.Lease, err)
		}
	}
	return nil
}

// campaign waits to be elected, and leads until the election is lost, ctx ends or lead panics.
func (c *Candidate) campaign(ctx context.Context, lead func(ctx context.Context)) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	elected := make(chan context.Context, 1)
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: c.options.Lease,
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: c.options.Namespace, Name: c.options.Lease},
			Client:     c.options.Leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: c.options.Identity},
		},
		LeaseDuration: LeaseDuration,
		RenewDeadline: renewDeadline,
		RetryPeriod:   RetryPeriod,
		// The last write of who leads may come after the release, so all writes are conditional.
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) { elected <- ctx },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		elector.Run(ctx)
	}()
	select {
	case leading := <-elected:
		err = survive.Try(leading, func() error {
			lead(leading)
			return nil
		})
		if err != nil {
			giveUp() // or nobody would lead
		}
	case <-over:
	}
	<-over
	return err
}
