package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	metrics string // URL
	profile string // URL of a CPU profile; of ours only where it was asked for
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
		lines := strings.Split(string(text), "\n")
		if len(lines) < 3 {
			return errors.Join(err, errors.New("no addresses yet"))
		}
		s.address, s.metrics, s.profile = lines[0], "http://"+lines[1]+"/metrics", "http://"+lines[1]+profilePath
		return nil
	})
	if err != nil {
		started.Kill()
	}
	return s, err
}

// profilePath is where Go programs give CPU profiles.
const profilePath = "/debug/pprof/profile"

// startOurs starts the server under a name with count SidecarSets and further flags.
func startOurs(ctx context.Context, binary, dir, name string, count int, flags ...string) (*server, error) {
	manifests := filepath.Join(dir, name)
	if err := os.Mkdir(manifests, 0o755); err != nil {
		return nil, err
	}
	if err := writeSidecarSets(manifests, count); err != nil {
		return nil, err
	}
	start := time.Now()
	replica, err := installation.StartServer(ctx, name, binary, dir, append(flags, "--manifests="+manifests)...)
	if err != nil {
		return nil, err
	}
	if err := replica.WaitReady(ctx); err != nil {
		replica.Kill()
		return nil, err
	}
	return &server{
		address: replica.Address(), path: "/mutate-pod", pid: replica.ID(), metrics: replica.MetricsURL(), profile: replica.ProfileURL(),
		ready: time.Since(start), kill: replica.Kill,
	}, nil
}

// allocated is how many objects and bytes a server has allocated so far.
type allocated struct{ objects, bytes float64 }

// allocated reads the metrics of the server.
func (s *server) allocated(ctx context.Context) (a allocated, err error) {
	metrics, err := get(ctx, s.metrics)
	if err != nil {
		return a, err
	}
	found := 0
	for line := range strings.Lines(metrics) {
		for name, value := range map[string]*float64{"go_memstats_mallocs_total ": &a.objects, "go_memstats_alloc_bytes_total ": &a.bytes} {
			if text, ok := strings.CutPrefix(line, name); ok {
				found++
				if *value, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
					return a, err
				}
			}
		}
	}
	if found != 2 {
		return a, fmt.Errorf("%s does not say how much was allocated", s.metrics)
	}
	return a, nil
}

// get returns what is at a URL.
func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: HTTP %d %.1000s", url, response.StatusCode, content)
	}
	return string(content), err
}
