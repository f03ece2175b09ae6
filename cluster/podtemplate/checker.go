package podtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/survive"
)

// Options of a Checker. The zero value of a field means its default, except for Namespace.
type Options struct {
	// Namespace in which PodTemplates are created by dry run: the server's own. Required. The server needs the permission
	// to create podtemplates there.
	Namespace string
	// Entries is how many answers are remembered at most. Default 512.
	Entries int
	// Bytes is how much memory the remembered answers may take, roughly. Default 16 MiB.
	Bytes int
	// Freshness is how long an answer is remembered: an API server that was upgraded may give another. Default 10 minutes.
	Freshness time.Duration
	// Parallel is how many questions are asked at the same time. Default 16.
	Parallel int
	// Patience is how long one question may take, whoever waits for the answer. Default 10 seconds, which is also the
	// API server's default timeout of a webhook.
	Patience time.Duration
	// Clock tells how old an answer is. Default the real one.
	Clock clock.PassiveClock
}

func (o Options) withDefaults() Options {
	if o.Entries == 0 {
		o.Entries = 512
	}
	if o.Bytes == 0 {
		o.Bytes = 16 << 20
	}
	if o.Freshness == 0 {
		o.Freshness = 10 * time.Minute
	}
	if o.Parallel == 0 {
		o.Parallel = 16
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	return o
}

// Checker asks the API server about pod templates and remembers its answers. It is safe for concurrent use.
type Checker struct {
	client    rest.Interface
	namespace string
	patience  time.Duration
	slots     chan struct{}
	flights   singleflight.Group
	answers   *memory
}

// New makes a Checker. The client should have no rate limit of its own (rest.Config.QPS below zero): the Checker bounds
// what it asks, and a request that waits for a client's rate limiter only runs into its deadline.
func New(client kubernetes.Interface, options Options) (*Checker, error) {
	if options.Namespace == "" {
		return nil, fmt.Errorf("podtemplate: Options.Namespace is empty: name the server's own namespace")
	}
	o := options.withDefaults()
	if o.Entries < 0 || o.Bytes < 0 || o.Freshness < 0 || o.Parallel < 0 || o.Patience < 0 {
		return nil, fmt.Errorf("podtemplate: an option is negative: %+v", options)
	}
	return &Checker{
		client:    client.CoreV1().RESTClient(),
		namespace: o.Namespace,
		patience:  o.Patience,
		slots:     make(chan struct{}, o.Parallel),
		answers:   newMemory(o.Entries, o.Bytes, o.Freshness, o.Clock),
	}, nil
}

// CheckTemplate asks about one pod template, given as JSON, of a workload with volume claim templates of these names: each
// is a volume for the template's mounts. Names that cannot be one (not a DNS label, taken by a volume, repeated) are left out,
// because to refuse them is up to the caller.
//
// A valid template comes back with the API server's defaults and without causes; the volumes of the claims are at the end of
// its volumes. The fields that the API server does not know are missing from it and named by warnings. A refused one has causes and no defaulted template. The Field of
// causes and warnings is relative to the template ("spec.containers[0].image"); it is empty where the API server named
// none. Warnings come in both cases. What is returned is shared and must not be changed.
//
// An error, always a [decision.Unable], means "cannot tell".
func (c *Checker) CheckTemplate(ctx context.Context, template json.RawMessage, claims []string) (
	defaulted json.RawMessage, causes, warnings []metav1.StatusCause, err error,
) {
	canonical, cause := canonicalTemplate(template, claims)
	if cause != nil {
		return nil, []metav1.StatusCause{*cause}, nil, nil
	}
	key := keyOf(canonical)
	if known, ok := c.answers.get(key); ok {
		return known.defaulted, known.causes, known.warnings, nil
	}
	// The question outlives the request that asks it first: others may wait for the same answer, and when the API server
	// repeats a review that ran into its deadline, the answer is there.
	shared := context.WithoutCancel(ctx)
	flight := c.flights.DoChan(string(key[:]), func() (any, error) {
		// This goroutine is nobody's request, so a panic would end the process.
		var given *answer
		err := survive.Try(shared, func() (err error) {
			given, err = c.ask(shared, key, canonical)
			return err
		})
		if errors.Is(err, survive.ErrPanicked) {
			err = decision.CannotTell("dry run of the pod template: %w", err)
		}
		return given, err
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return nil, nil, nil, result.Err
		}
		given := result.Val.(*answer)
		return given.defaulted, given.causes, given.warnings, nil
	case <-ctx.Done():
		return nil, nil, nil, decision.CannotTell(
			"the API server did not answer the dry run of the pod template in time: %w", ctx.Err())
	}
}

// ask puts the question when a slot is free and remembers the answer.
func (c *Checker) ask(ctx context.Context, key key, canonical []byte) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		unable := decision.CannotTell("too many dry runs of pod templates are waiting for the API server: %w", ctx.Err())
		unable.RetryAfter = time.Second
		return nil, unable
	}
	given, err := c.dryRun(ctx, canonical)
	if err == nil {
		c.answers.put(key, given)
	}
	return given, err
}
