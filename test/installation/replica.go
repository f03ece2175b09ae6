package installation

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kruise-admission/kruise-admission/test/process"
)

// Replica is one running server.
type Replica struct {
	process *process.Process
	// addresses of the listeners, by their names in the log: webhooks, health, metrics and, where a flag asks for it, pprof.
	addresses map[string]string
	ready     atomic.Bool
}

// StartServer starts a server on free ports of loopback, with its log in dir, and waits until it has said which. The arguments are
// further flags. The caller must Kill or Terminate the result.
func StartServer(ctx context.Context, name, binary, dir string, args ...string) (*Replica, error) {
	args = append([]string{"serve", "--listen-address=127.0.0.1:0", "--health-address=127.0.0.1:0", "--metrics-address=127.0.0.1:0"}, args...)
	started, err := process.Start(name, binary, dir, dir, args...)
	if err != nil {
		return nil, err
	}
	r := &Replica{process: started}
	err = started.WaitUntil(ctx, "its listeners are open", func(context.Context) (err error) {
		r.addresses, err = listening(started.Log(), slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--pprof-address=") }))
		return err
	})
	if err != nil {
		started.Kill()
		return nil, err
	}
	go r.probe()
	return r, nil
}

// listening reads from the log of a server which addresses it listens on.
func listening(log string, profiled bool) (map[string]string, error) {
	file, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	addresses := map[string]string{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var line struct{ Msg, Listener, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			addresses[line.Listener] = line.Address
		}
	}
	expected := []string{"webhooks", "health", "metrics"}
	if profiled {
		expected = append(expected, "pprof")
	}
	for _, listener := range expected {
		if addresses[listener] == "" {
			return nil, fmt.Errorf("no address of the listener for %s yet", listener)
		}
	}
	return addresses, lines.Err()
}

// probe does what a kubelet does for the readiness of a pod, only more often.
func (r *Replica) probe() {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		r.ready.Store(r.checkReady(context.Background()) == nil)
		select {
		case <-r.process.Exited():
			r.ready.Store(false)
			return
		case <-ticker.C:
		}
	}
}

func (r *Replica) checkReady(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.HealthURL()+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		why := make([]byte, 1024)
		n, _ := response.Body.Read(why)
		return errors.New(string(why[:n]))
	}
	return nil
}

// WaitReady waits until the replica says that it can decide.
func (r *Replica) WaitReady(ctx context.Context) error {
	return r.process.WaitUntil(ctx, "it is ready", r.checkReady)
}

// Address is where the replica serves webhooks, as host:port.
func (r *Replica) Address() string { return r.addresses["webhooks"] }

// HealthURL is where the replica serves /healthz and /readyz.
func (r *Replica) HealthURL() string { return "http://" + r.addresses["health"] }

// MetricsURL is where the replica serves its metrics.
func (r *Replica) MetricsURL() string { return "http://" + r.addresses["metrics"] + "/metrics" }

// ProfileURL is where the replica gives CPU profiles, empty where no flag asked for it.
func (r *Replica) ProfileURL() string {
	if r.addresses["pprof"] == "" {
		return ""
	}
	return "http://" + r.addresses["pprof"] + "/debug/pprof/profile"
}

// ID is the process id of the replica.
func (r *Replica) ID() int { return r.process.ID() }

// Terminate asks the replica to end, as a kubelet does, and returns how it ended.
func (r *Replica) Terminate() error { return r.process.Terminate() }

// Kill ends the replica at once.
func (r *Replica) Kill() { r.process.Kill() }

// Tail returns the last lines of the replica's log.
func (r *Replica) Tail(lines int) string { return r.process.Tail(lines) }
