package webhook

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/kruise-admission/kruise-admission/survive"
)

// Check says why something is not ready, and nil when it is.
type Check func() error

// Readiness is the answer to "may the API server send requests here": every check passes. It is both what /readyz says
// and what every review asks first.
type Readiness struct {
	names  []string
	checks map[string]Check
}

// NewReadiness returns a readiness without checks, which is ready.
func NewReadiness() *Readiness { return &Readiness{checks: map[string]Check{}} }

// Add adds a check. Not safe for use while the readiness is being asked.
func (r *Readiness) Add(name string, check Check) {
	r.names = append(r.names, name)
	slices.Sort(r.names)
	r.checks[name] = check
}

// Err returns why the server is not ready, naming every failing check, and nil when it is ready. A check that panics fails: some look at what
// others have written, and not every caller has somebody around it.
func (r *Readiness) Err() error {
	var failures []string
	for _, name := range r.names {
		if err := survive.Try(context.Background(), r.checks[name]); err != nil {
			failures = append(failures, name+": "+err.Error())
		}
	}
	if failures == nil {
		return nil
	}
	return notReady(strings.Join(failures, "; "))
}

type notReady string

func (n notReady) Error() string { return string(n) }

// HealthHandler serves /healthz (the process answers) and /readyz (it can decide) over plain HTTP for the kubelet.
func HealthHandler(readiness *Readiness) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", Healthz)
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := readiness.Err(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		Healthz(w, nil)
	})
	return mux
}

// Healthz answers ok: the process is alive and its listener works.
func Healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}
