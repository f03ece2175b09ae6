package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// server is one running server under load.
type server struct {
	address string
	path    string
	pid     int
	metrics string // URL, empty where there is none
	ready   time.Duration
	kill    func()
}

// startBaseline starts this very program again as one of the Baselines.
func startBaseline(ctx context.Context, name, dir string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	started, err := process.Start(name, self, dir, dir, "serve", name)
	if err != nil {
		return nil, err
	}
	s := &server{path: "/", pid: started.ID(), kill: started.Kill}
	err = started.WaitUntil(ctx, "it listens", func(context.Context) error {
		text, err := os.ReadFile(started.Log())
		line, _, found := strings.Cut(string(text), "\n")
		if !found {
			return errors.Join(err, errors.New("no address yet"))
		}
		s.address = line
		return nil
	})
	if err != nil {
		started.Kill()
	}
	return s, err
}

// startOurs starts the server under a name with count SidecarSets.
func startOurs(ctx context.Context, binary, dir, name string, count int) (*server, error) {
	manifests := filepath.Join(dir, name)
	if err := os.Mkdir(manifests, 0o755); err != nil {
		return nil, err
	}
	if err := writeSidecarSets(manifests, count); err != nil {
		return nil, err
	}
	start := time.Now()
	replica, err := installation.StartServer(ctx, name, binary, dir, "--manifests="+manifests)
	if err != nil {
		return nil, err
	}
	if err := replica.WaitReady(ctx); err != nil {
		replica.Kill()
		return nil, err
	}
	return &server{
		address: replica.Address(), path: "/mutate-pod", pid: replica.ID(), metrics: replica.MetricsURL(),
		ready: time.Since(start), kill: replica.Kill,
	}, nil
}

// allocations is how many objects the server has allocated so far, from its own metrics; 0 for a server that has none.
func (s *server) allocations(ctx context.Context) (float64, error) {
	if s.metrics == "" {
		return 0, nil
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.metrics, nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "go_memstats_mallocs_total "); ok {
			return strconv.ParseFloat(value, 64)
		}
	}
	return 0, errors.Join(lines.Err(), fmt.Errorf("%s has no go_memstats_mallocs_total", s.metrics))
}
