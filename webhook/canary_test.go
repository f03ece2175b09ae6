package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

// canaryOf runs a canary with short pauses against handler until the test ends.
func canaryOf(t *testing.T, handler http.Handler) *Canary {
	t.Helper()
	c := NewCanary(handler)
	c.interval, c.retry, c.patience = time.Millisecond, time.Millisecond, 20*time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return c
}

// become polls until the canary says what is wanted: "" for an answer.
func become(t *testing.T, c *Canary, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		err := c.Err()
		if want == "" && err == nil || want != "" && err != nil && strings.Contains(err.Error(), want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the canary says %v, want %q", err, want)
		}
	}
}

// TestCanaryThroughTheRealHandlers asks the handlers of the endpoint table: the rule sees a dry run of a pod, an answer of whatever kind
// will do, one that cannot be given will not, and no metric moves.
func TestCanaryThroughTheRealHandlers(t *testing.T) {
	var rule atomic.Value
	rule.Store(decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	}))
	var ready atomic.Bool
	registry := prometheus.NewRegistry()
	full := make(chan struct{})
	handlers := Handlers(HandlerOptions{
		Rules: rulesOf(decision.ReviewerFunc(func(ctx context.Context, r *admissionv1.AdmissionRequest) (decision.Decision, error) {
			if r.UID != "canary" {
				close(full)
				<-ctx.Done()
				return decision.Allow(), nil
			}
			if r.DryRun == nil || !*r.DryRun || r.Operation != admissionv1.Create || len(r.Object.Raw) == 0 {
				t.Errorf("the canary is not a dry run that creates a pod: %+v", r)
			}
			return rule.Load().(decision.ReviewerFunc)(ctx, r)
		})),
		Ready: func() error {
			if !ready.Load() {
				return errors.New("view: not filled")
			}
			return nil
		},
		MaxInFlight: 1, Registry: registry, Log: logr.Discard(),
	})
	server := NewServer(ServerOptions{Log: logr.Discard()})
	server.Register("/mutate-pod", handlers["/mutate-pod"])
	before := exposition(t, registry)

	if err := NewCanary(server).Err(); !errors.Is(err, errCanaryPending) {
		t.Errorf("before the first review: %v", err)
	}
	c := canaryOf(t, server)
	become(t, c, "view: not filled")
	ready.Store(true)
	become(t, c, "")
	rule.Store(decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Decision{}, decision.CannotTell("broken for good")
	}))
	become(t, c, "HTTP status 500")
	rule.Store(decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		panic("x")
	}))
	become(t, c, "HTTP status 500")
	rule.Store(decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Forbid("no pods today"), nil
	}))
	become(t, c, "")
	if after := exposition(t, registry); after != before {
		t.Errorf("canary reviews were counted:\n%s", after)
	}

	// A server whose slots are all taken is busy, not broken.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "/mutate-pod", strings.NewReader(podReview))
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Content-Type", "application/json")
		server.ServeHTTP(&recorded{header: http.Header{}}, request)
	}()
	<-full
	c.report(errCanaryPending)
	become(t, c, "")
	cancel()
	<-finished
}

func exposition(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(families)
}

// TestCanaryOfBrokenHandlers hands the canary what no review handler should do.
func TestCanaryOfBrokenHandlers(t *testing.T) {
	hang := make(chan struct{})
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"not found":      {http.NotFound, "HTTP status 404"},
		"text":           {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }, "no JSON"},
		"another object": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"kind":"Pod"}`) }, "something else"},
		"another uid": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"kind":"AdmissionReview","response":{"uid":"x"}}`)
		}, "something else"},
		"an unreadable one": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(encodeUnreadable(400, "x")) }, "something else"},
		"nothing":           {func(http.ResponseWriter, *http.Request) { <-hang }, "not been answered within"},
	} {
		t.Run(name, func(t *testing.T) { become(t, canaryOf(t, test.handler), test.want) })
	}
	close(hang)
}

func TestCanaryOfAPanic(t *testing.T) {
	panics.Expect(t)
	c := NewCanary(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }))
	if err := c.watch(t.Context()); !errors.Is(err, survive.ErrPanicked) || !errors.Is(c.Err(), err) {
		t.Errorf("the review gave %v, and the canary says %v", err, c.Err())
	}
}
