package missed

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/kruise-admission/kruise-admission/cluster/election"
	"github.com/kruise-admission/kruise-admission/cluster/pods"
	"github.com/kruise-admission/kruise-admission/survive"
)

// LeaseName is the name of the Lease in the server's namespace whose holder looks.
const LeaseName = "kruise-admission-audit"

// MaxEvictionsPerMinute bounds [Options].EvictionsPerMinute: ten a second are more than clusters replace.
const MaxEvictionsPerMinute = 600

// retryAfter is how soon a pass that failed is tried again, unless the interval is shorter.
const retryAfter = time.Minute

// Judge says which SidecarSets should have been injected into a pod, given as the JSON of its metadata, and were not.
type Judge func(ctx context.Context, pod []byte) (sidecarSets []string, err error)

// Options configure an Auditor.
type Options struct {
	// Begin makes the judge of one pass; nil when there is no SidecarSet, so that no pod need be looked at. Required.
	Begin func(ctx context.Context) (Judge, error)
	// Interval is the time from the end of a pass to the begin of the next. Required.
	Interval time.Duration
	// EvictionsPerMinute is how many missed pods are evicted, at most MaxEvictionsPerMinute. The judge is asked before each, so the client must
	// let through the requests of both. Default: none.
	EvictionsPerMinute int
	// Namespace is the server's namespace, where the Lease is. Required.
	Namespace string
	// Identity is the name of this process in the Lease and in Events. Required.
	Identity string
	// Log gets what was found and what failed. Default: nothing is logged.
	Log logr.Logger
}

// Auditor looks for missed pods. Make it with [New].
type Auditor struct {
	options   Options
	candidate *election.Candidate
	client    kubernetes.Interface
	pods      *pods.Reader

	// filled is closed when there is something to judge by.
	filled chan struct{}
	fill   func()

	mu     sync.Mutex
	status Status
}

// Status is what is known from the last pass.
type Status struct {
	// Completed is when the last pass of this replica ended. Zero: this replica is not the elected one, or has not ended one.
	Completed time.Time
	// Missed counts the pods that went without, by SidecarSet. A pod may count for several.
	Missed map[string]int
	// Failures counts passes of this process that failed.
	Failures uint64
	// Evictions counts what came of evictions by this process.
	Evictions map[Eviction]uint64
}

// New returns an auditor that has asked the API server nothing yet.
func New(client kubernetes.Interface, metadata metadata.Interface, options Options) (*Auditor, error) {
	switch {
	case options.Begin == nil:
		return nil, errors.New("audit for missed injections: begin: required")
	case options.Interval <= 0:
		return nil, fmt.Errorf("audit for missed injections: interval: invalid value %s, expected more than 0s", options.Interval)
	case options.EvictionsPerMinute < 0 || options.EvictionsPerMinute > MaxEvictionsPerMinute:
		return nil, fmt.Errorf("audit for missed injections: evictions per minute: invalid value %d, expected 0 to %d", options.EvictionsPerMinute, MaxEvictionsPerMinute)
	}
	candidate, err := election.New(election.Options{
		Leases: client.CoordinationV1(), Namespace: options.Namespace, Lease: LeaseName, Identity: options.Identity,
	})
	if err != nil {
		return nil, fmt.Errorf("audit for missed injections: %w", err)
	}
	if options.Log.GetSink() == nil {
		options.Log = logr.Discard()
	}
	filled := make(chan struct{})
	return &Auditor{
		options: options, candidate: candidate, client: client, pods: pods.NewReader(metadata),
		filled: filled, fill: sync.OnceFunc(func() { close(filled) }),
		status: Status{Evictions: map[Eviction]uint64{}},
	}, nil
}

// Changed tells the auditor that the view is complete; it is for cluster.Source.OnChange.
func (a *Auditor) Changed([]string) { a.fill() }

// Status is what is known now.
func (a *Auditor) Status() Status {
	a.mu.Lock()
	defer a.mu.Unlock()
	status := a.status
	status.Evictions = maps.Clone(a.status.Evictions)
	return status // Missed is replaced, never changed
}

func (a *Auditor) update(change func(*Status)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.status)
}

// Run looks until ctx ends, whenever this replica is the elected one. It returns an error only when it can never work.
func (a *Auditor) Run(ctx context.Context) error {
	ctx = logr.NewContext(ctx, a.options.Log) // for what client-go says
	select {
	case <-ctx.Done():
		return nil
	case <-a.filled:
	}
	return a.candidate.Run(ctx, a.lead)
}

// lead looks once per interval until ctx ends. Then the counts of this replica are no longer true.
func (a *Auditor) lead(ctx context.Context) {
	a.options.Log.Info("this replica looks for pods without their sidecars", "interval", a.options.Interval.String())
	defer a.update(func(s *Status) { s.Completed, s.Missed = time.Time{}, nil })
	term := newTerm(a)
	for ctx.Err() == nil {
		wait := a.options.Interval
		if err := survive.Try(ctx, func() error { return term.pass(ctx) }); err != nil && ctx.Err() == nil {
			a.update(func(s *Status) { s.Failures++ })
			a.options.Log.Error(err, "pods without their sidecars cannot be looked for; it is tried again")
			wait = min(wait, retryAfter)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}
