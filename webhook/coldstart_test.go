package webhook

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/kruise-admission/kruise-admission/internal/panics"
)

// TestColdStart is the life of the readiness of a replica whose view waits for its own /convert.
func TestColdStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var viewThere, awaits atomic.Bool
		var handles atomic.Pointer[http.HandlerFunc]
		handle := func(status int, body string) {
			handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			})
			handles.Store(&handler)
		}
		handle(http.StatusServiceUnavailable, "not ready to decide")
		canary := NewCanary(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handles.Load())(w, r) }))
		var looks, logged atomic.Int32
		c := NewColdStart(func() error {
			if viewThere.Load() {
				return nil
			}
			return errors.New("not complete")
		}, func(context.Context) (bool, error) {
			looks.Add(1)
			return awaits.Load(), nil
		}, funcr.New(func(string, string) { logged.Add(1) }, funcr.Options{}))
		readiness := NewReadiness()
		readiness.Add("view", c.View)
		readiness.Add("canary", c.Canary(canary))
		ended := make(chan error, 2)
		go func() { ended <- canary.Run(ctx) }()
		go func() { ended <- c.Run(ctx) }()
		is := func(when, want string) {
			t.Helper()
			synctest.Wait()
			err := readiness.Err()
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%s: readiness says %v, want %q", when, err, want)
			}
		}
		is("at the start", "view: not complete")
		awaits.Store(true)
		time.Sleep(2 * coldStartInterval)
		is("when the view awaits conversion", "")
		awaits.Store(false)
		time.Sleep(2 * coldStartInterval)
		is("when conversion is served, and the view not there", "")
		viewThere.Store(true)
		is("when the view is there, before the canary has been answered", "")
		handle(http.StatusInternalServerError, "panic")
		time.Sleep(2 * canaryRetry)
		is("when a handler fails for another reason", "canary: the canary review was answered with HTTP status 500")
		handle(http.StatusOK, `{"kind":"AdmissionReview","response":{"uid":"canary"}}`)
		time.Sleep(2 * canaryInterval)
		is("when all is well", "")
		handle(http.StatusServiceUnavailable, "not ready to decide")
		time.Sleep(2 * canaryInterval)
		is("when handlers can no longer decide", "canary: the canary review was answered: not ready to decide")
		if looks.Load() == 0 || looks.Load() > 3 || logged.Load() != 1 {
			t.Errorf("%d looks, of which none is needed after the excuse; %d log lines, want 1", looks.Load(), logged.Load())
		}
		cancel()
		<-ended
		<-ended
	})
}

func TestColdStartEndsWithItsReason(t *testing.T) {
	tests := []struct {
		name   string
		view   error
		awaits bool
		err    error
		panics bool
		ends   bool // without ctx
		ready  bool
		logs   []string
	}{
		{name: "the view is there", awaits: true, ends: true, ready: true},
		{name: "the view awaits conversion", view: errors.New("not complete"), awaits: true, ends: true, ready: true, logs: []string{"ready before the view"}},
		{name: "the view is missing for another reason", view: errors.New("not complete")},
		{name: "it is not known whether others are ready", view: errors.New("not complete"), err: errors.New("forbidden"), logs: []string{"cannot tell whether other replicas are ready"}},
		{name: "the look at it panics", view: errors.New("not complete"), panics: true, logs: []string{"cannot tell whether other replicas are ready"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.panics {
				panics.Expect(t)
			}
			synctest.Test(t, func(t *testing.T) {
				var logs []string
				awaits := func(context.Context) (bool, error) {
					if test.panics {
						panic("mistake")
					}
					return test.awaits, test.err
				}
				c := NewColdStart(func() error { return test.view }, awaits,
					funcr.New(func(_, text string) { logs = append(logs, text) }, funcr.Options{}))
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- c.Run(ctx) }()
				time.Sleep(10 * coldStartInterval)
				synctest.Wait()
				if got := len(ended) == 1; got != test.ends {
					t.Errorf("ended: %v, want %v", got, test.ends)
				}
				if err := c.View(); (err == nil) != test.ready {
					t.Errorf("view: %v, want ready: %v", err, test.ready)
				}
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
				for _, want := range test.logs {
					if !slices.ContainsFunc(logs, func(line string) bool { return strings.Contains(line, want) }) {
						t.Errorf("logs %q, want %q", logs, want)
					}
				}
				if len(logs) != len(test.logs) {
					t.Errorf("logs %q, want nothing else and nothing twice", logs)
				}
			})
		})
	}
}

// TestColdStartExcusesNothingElse: a canary that was never answered, and one of a replica that was not excused.
func TestColdStartExcusesNothingElse(t *testing.T) {
	canary := NewCanary(http.NotFoundHandler())
	c := NewColdStart(func() error { return nil }, nil, logr.Discard())
	check := c.Canary(canary)
	c.given.Store(true)
	if err := check(); !errors.Is(err, errCanaryPending) {
		t.Errorf("before the first answer: %v", err)
	}
	c.given.Store(false)
	canary.report(notYet{"not ready"})
	if err := check(); err == nil {
		t.Error("not excused, but ready")
	}
}
