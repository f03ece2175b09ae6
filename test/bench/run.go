package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// Options of a run.
type Options struct {
	// Time is how long each variant is measured in each round. Required.
	Time time.Duration
	// Rounds is how often each variant is measured. Required.
	Rounds int
	// Connections that call at once. Required.
	Connections int
	// Only names the variants to measure; the floor of their pods is measured as well. Default: all.
	Only *regexp.Regexp
	// Progress takes one line a round. Required.
	Progress io.Writer
}

// Result is what one variant cost.
type Result struct {
	Variant
	// Rounds are the measurements as they were taken.
	Rounds []Measurement `json:"rounds"`
	// ReadySeconds is how long the server took from its start until it was ready; 0 for Baselines.
	ReadySeconds float64 `json:"readySeconds,omitempty"`
}

// Measurement is what one variant cost in one round.
type Measurement struct {
	// Reviews answered.
	Reviews int `json:"reviews"`
	// CPU microseconds of the server for one review.
	CPU float64 `json:"cpuMicroseconds"`
	// PerSecond is how many reviews were answered in a second.
	PerSecond float64 `json:"reviewsPerSecond"`
	// P50, P99 and P999 are percentiles of the time that a review took, in milliseconds.
	P50  float64 `json:"p50Milliseconds"`
	P99  float64 `json:"p99Milliseconds"`
	P999 float64 `json:"p999Milliseconds"`
	// Allocations of the server for one review, and how many bytes they are.
	Allocations    float64 `json:"allocations"`
	AllocatedBytes float64 `json:"allocatedBytes"`
	// RSS of the server after the round, in MiB.
	RSS float64 `json:"rssMiB"`
}

// Median of a figure over the rounds.
func (r *Result) Median(figure func(Measurement) float64) float64 {
	values := make([]float64, len(r.Rounds))
	for i, m := range r.Rounds {
		values[i] = figure(m)
	}
	return median(values)
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// subject is a variant with its running server.
type subject struct {
	result *Result
	server *server
	caller *caller
}

// Run builds and starts all servers, measures all variants, and stops the servers.
func Run(ctx context.Context, options Options) (results []*Result, err error) {
	binary, err := installation.Build(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kruise-admission-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	servers := map[string]*server{}
	defer func() {
		for _, s := range servers {
			s.kill()
		}
	}()
	var subjects []*subject
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.caller.close())
		}
	}()
	for _, v := range options.plan() {
		server := servers[v.process()]
		if server == nil {
			if server, err = start(ctx, v, binary, dir); err != nil {
				return nil, err
			}
			servers[v.process()] = server
		}
		s, err := newSubject(v, server, options.Connections)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.Name(), err)
		}
		subjects = append(subjects, s)
		results = append(results, s.result)
	}
	for round := range options.Rounds {
		_, _ = fmt.Fprintf(options.Progress, "round %d of %d: %d variants, %s each\n", round+1, options.Rounds, len(subjects), options.Time)
		for i := range subjects {
			if round%2 == 1 {
				i = len(subjects) - 1 - i
			}
			if err := subjects[i].measure(ctx, options.Time); err != nil {
				return nil, fmt.Errorf("%s: %w", subjects[i].result.Name(), err)
			}
		}
	}
	return results, nil
}

// plan lists the variants to measure.
func (o Options) plan() []Variant {
	if o.Only == nil {
		return plan()
	}
	chosen := map[string]bool{} // by pod
	for _, v := range plan() {
		chosen[v.Pod] = chosen[v.Pod] || o.Only.MatchString(v.Name())
	}
	return slices.DeleteFunc(plan(), func(v Variant) bool {
		return !o.Only.MatchString(v.Name()) && !(v.Server == Baselines[0] && chosen[v.Pod])
	})
}

// start starts the server of a variant; flags are for ours.
func start(ctx context.Context, v Variant, binary, dir string, flags ...string) (*server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if v.Server == ours {
		return startOurs(ctx, binary, dir, v.process(), v.SidecarSets, flags...)
	}
	return startBaseline(ctx, v.Server, dir)
}

func newSubject(v Variant, server *server, connections int) (*subject, error) {
	app := "another"
	if v.Matched {
		app = matchedApp
	}
	review, err := v.shape.review(app)
	if err != nil {
		return nil, err
	}
	caller, err := newCaller(server.address, server.path, review, v.Matched, connections)
	if err != nil {
		return nil, err
	}
	return &subject{&Result{Variant: v, ReadySeconds: server.ready.Seconds()}, server, caller}, nil
}

// measure takes one measurement, after a tenth of the time to warm up.
func (s *subject) measure(ctx context.Context, duration time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := s.caller.run(duration / 10); err != nil {
		return err
	}
	before, err := s.server.allocated(ctx)
	if err != nil {
		return err
	}
	cpu, err := cpuTime(s.server.pid)
	if err != nil {
		return err
	}
	start := time.Now()
	took, err := s.caller.run(duration)
	elapsed := time.Since(start)
	if err != nil {
		return err
	}
	spent, err := cpuTime(s.server.pid)
	if err != nil {
		return err
	}
	after, err := s.server.allocated(ctx)
	if err != nil {
		return err
	}
	resident, err := residentMiB(s.server.pid)
	if err != nil {
		return err
	}
	reviews := float64(len(took))
	s.result.Rounds = append(s.result.Rounds, Measurement{
		Reviews: len(took), CPU: float64((spent - cpu).Nanoseconds()) / 1000 / reviews, PerSecond: reviews / elapsed.Seconds(),
		P50: percentile(took, 0.5), P99: percentile(took, 0.99), P999: percentile(took, 0.999),
		Allocations: (after.objects - before.objects) / reviews, AllocatedBytes: (after.bytes - before.bytes) / reviews, RSS: resident,
	})
	return nil
}

// percentile of sorted times, in milliseconds.
func percentile(sorted []time.Duration, share float64) float64 {
	return float64(sorted[int(share*float64(len(sorted)-1))].Nanoseconds()) / 1e6
}
