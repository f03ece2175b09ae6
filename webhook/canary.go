package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// canaryInterval is the pause after a canary review, whatever came of it.
	canaryInterval = 10 * time.Second
	// canaryRetry is the pause when the handler cannot decide yet. It is short because a server that starts is ready only after the
	// first canary, and such an answer costs nothing.
	canaryRetry = 50 * time.Millisecond
	// canaryPatience is how long an answer may take: the timeout of the webhook entry.
	canaryPatience = decideTimeoutSeconds * time.Second
)

// canaryReview is the review of a pod as API servers send them, as a dry run. The namespace is one that every cluster has, so that
// no rule has to look it up.
const canaryReview = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"canary",` +
	`"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},` +
	`"name":"kruise-admission-canary","namespace":"default","operation":"CREATE","dryRun":true,` +
	`"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"kruise-admission-canary","namespace":"default"},` +
	`"spec":{"containers":[{"name":"canary","image":"canary"}]}}}}`

// errCanaryPending is the state before the first answer.
var errCanaryPending = errors.New("the first canary review has not been answered yet")

// Canary proves again and again that a pod review gets an AdmissionReview for an answer, through the very handlers that API servers
// reach but without the network. What rules decide about the pod does not matter. Canary reviews are not counted as reviews, and take
// no slot of the in-flight cap: a server under load must not lose its endpoints for it, or the load falls on fewer replicas.
type Canary struct {
	handler         http.Handler
	interval, retry time.Duration
	patience        time.Duration
	last            atomic.Pointer[error]
}

// NewCanary returns a canary that asks handler, normally a [Server] on which all paths are registered.
func NewCanary(handler http.Handler) *Canary {
	return &Canary{handler: handler, interval: canaryInterval, retry: canaryRetry, patience: canaryPatience}
}

// Err says why the last canary review failed, and nil when it was answered. It fits [Readiness.Add].
func (c *Canary) Err() error {
	if last := c.last.Load(); last != nil {
		return *last
	}
	return errCanaryPending
}

// Run asks until ctx ends. One review at a time: those that hang must not pile up.
func (c *Canary) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause := c.interval
		if err := c.watch(ctx); errors.As(err, &notYet{}) {
			pause = c.retry
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
	return nil
}

// watch sends one review and reports what came of it, also while it has not been answered in time.
func (c *Canary) watch(ctx context.Context) error {
	answered := make(chan error, 1)
	go func() { // no http.Server stands around this call
		answered <- survive.Try(ctx, func() error { return c.ask(ctx) })
	}()
	late := time.NewTimer(c.patience)
	defer late.Stop()
	for {
		select {
		case err := <-answered:
			c.report(err)
			return err
		case <-late.C:
			c.report(fmt.Errorf("the canary review has not been answered within %s", c.patience))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Canary) report(err error) { c.last.Store(&err) }

// notYet is the answer 503: asking again soon helps.
type notYet struct{ message string }

func (n notYet) Error() string { return n.message }

// ask sends one review.
func (c *Canary) ask(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(asCanary(ctx), c.patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/mutate-pod", strings.NewReader(canaryReview))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer := &recorded{header: http.Header{}, status: http.StatusOK}
	c.handler.ServeHTTP(answer, request)
	if answer.status == http.StatusServiceUnavailable {
		return notYet{"the canary review was answered: " + strings.TrimSpace(answer.body.String())}
	}
	if answer.status != http.StatusOK {
		return fmt.Errorf("the canary review was answered with HTTP status %d, expected 200", answer.status)
	}
	var review struct {
		Kind     string `json:"kind"`
		Response *struct {
			UID string `json:"uid"`
		} `json:"response"`
	}
	if err := json.Unmarshal(answer.body.Bytes(), &review); err != nil {
		return fmt.Errorf("the canary review was answered with no JSON: %w", err)
	}
	if review.Kind != "AdmissionReview" || review.Response == nil || review.Response.UID != "canary" {
		return errors.New("the canary review was answered with something else than its AdmissionReview")
	}
	return nil
}

// recorded is a http.ResponseWriter without a connection.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header               { return r.header }
func (r *recorded) WriteHeader(status int)            { r.status = status }
func (r *recorded) Write(content []byte) (int, error) { return r.body.Write(content) }

type canaryKey struct{}

// asCanary marks the requests of a canary. Only this process can: the mark is no part of what is sent over a network.
func asCanary(ctx context.Context) context.Context { return context.WithValue(ctx, canaryKey{}, true) }

func fromCanary(ctx context.Context) bool { return ctx.Value(canaryKey{}) != nil }
