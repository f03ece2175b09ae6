package certs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clocktesting "k8s.io/utils/clock/testing"
)

const (
	crashStep  = 30 * time.Second // of the clock
	crashSteps = 500              // at most, until everything has ended
)

// life is the life of an authority and its successor in a cluster with one replica, whose successor knows nothing but what is in the
// cluster. Each step is done by hand, so that a life without crashes does the same writes in the same order every time.
type life struct {
	t *testing.T
	w *world

	source *SelfManaged
	stop   func()

	// crash is asked at each write, counted from 1, and at each step of the clock; "" goes on.
	crash func(writes, steps int) crashPoint

	mu          sync.Mutex
	dead        bool
	writes      int
	steps       int
	crashes     int
	authorities map[string]bool // all that were ever in the Secret
	inUse       []*leaf         // that API servers have accepted; others serve them on
}

type crashPoint string

const (
	beforeWrite crashPoint = "before the write"
	afterWrite  crashPoint = "after the write"
	betweenRuns crashPoint = "while it waits"
)

func newLife(t *testing.T, crash func(writes, steps int) crashPoint) *life {
	l := &life{t: t, w: newWorld(t, clocktesting.NewFakeClock(start)), crash: crash, authorities: map[string]bool{}}
	l.w.setRefuse(func(method, _ string) int {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.dead {
			return http.StatusServiceUnavailable
		}
		if method == http.MethodGet {
			return 0
		}
		l.writes++
		switch l.crash(l.writes, 0) {
		case beforeWrite:
			l.dead = true
			return http.StatusServiceUnavailable
		case afterWrite:
			l.dead = true
		}
		return 0
	})
	l.w.onWrite(func(path string, object *unstructured.Unstructured) {
		if path == secretPath {
			s, _ := parseState(typedSecret(t, object))
			for _, a := range []*authority{s.signer, s.next} {
				if a != nil {
					l.authorities[a.cert.SerialNumber.Text(16)] = true
				}
			}
			return
		}
		configs, _ := clientConfigs(object, self)
		for _, config := range configs {
			l.accepts(path, config)
		}
	})
	l.boot()
	return l
}

// accepts checks that whoever serves a leaf that was accepted before still is.
func (l *life) accepts(path string, config clientConfig) {
	now := l.w.clock.Now()
	for _, leaf := range l.inUse {
		if leaf.expired(now) {
			continue
		}
		if err := config.verify(leaf.certificate, now); err != nil {
			l.t.Errorf("%s: %s: a certificate in use is no longer accepted: %v", path, config.where, err)
		}
	}
}

// boot starts a replica that remembers nothing.
func (l *life) boot() {
	l.t.Helper()
	typed, untyped := l.w.clients()
	configurations, err := NewConfigurations(untyped, ConfigurationsOptions{
		Identity: self, Mutating: []string{"kruise-admission", "kruise-admission-second-chance"}, Validating: []string{"kruise-admission"}, CRDs: []string{"sidecarsets.apps.kruise.io"}, Clock: l.w.clock,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	l.source, err = NewSelfManaged(typed, configurations, SelfManagedOptions{
		Identity: self, LeafLifetime: 10 * time.Minute, Settle: time.Minute, CALifetime: 12 * time.Hour, Clock: l.w.clock,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		configurations.Run(ctx)
	}()
	l.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	l.t.Cleanup(l.stop)
}

// reboot is a crash: everything that was in memory is lost.
func (l *life) reboot() {
	l.t.Helper()
	l.stop()
	l.mu.Lock()
	l.dead = false
	l.crashes++
	l.mu.Unlock()
	l.boot()
}

// rest does passes until one has nothing to do.
func (l *life) rest() {
	l.t.Helper()
	for {
		l.w.eventually("the replica has seen the configurations", func() error {
			for _, o := range l.source.configurations.observe().objects {
				object := l.w.get("/apis/" + o.target.resource.Group + "/v1/" + o.target.resource.Resource + "/" + o.target.name)
				if !o.synced || o.resourceVersion != object.GetResourceVersion() {
					return errors.New("not yet")
				}
			}
			return nil
		})
		before := len(l.w.allWrites())
		_, err := l.source.pass(l.t.Context())
		l.mu.Lock()
		dead := l.dead
		l.mu.Unlock()
		switch {
		case dead:
			l.reboot()
		case err != nil:
			l.t.Fatal(err)
		case len(l.w.allWrites()) == before:
			if serving := l.source.serving.Load(); l.source.Healthy() == nil {
				l.inUse = append(l.inUse, serving)
			}
			return
		}
	}
}

// run lives until the rotation that somebody asks for has ended.
func (l *life) run() {
	l.t.Helper()
	l.w.fake = nil // eventually must not move the clock, which is the same clock
	clock := l.w.clock.(*clocktesting.FakeClock)
	l.rest()
	first := l.w.secretState().signer
	l.w.edit(secretPath, func(object *unstructured.Unstructured) {
		object.SetAnnotations(map[string]string{RotateAnnotation: "test"})
	})
	for ; l.steps < crashSteps; l.steps++ {
		l.rest()
		s := l.w.secretState()
		if !s.trusts(first.cert) {
			l.ended(s, first)
			return
		}
		if l.crash(0, l.steps) == betweenRuns {
			l.reboot()
			l.rest()
		}
		clock.Step(crashStep)
	}
	l.t.Fatalf("after %s and %d crashes the rotation has not ended: %v", crashSteps*crashStep, l.crashes, describe(l.w.secretState()))
}

func (l *life) ended(s state, first *authority) {
	l.t.Helper()
	if s.next != nil || s.rotate || len(s.retired) > 0 || s.signer.cert.Equal(first.cert) {
		l.t.Errorf("the secret holds %v", describe(s))
	}
	if len(l.authorities) != 2 {
		l.t.Errorf("%d authorities were in the secret, want 2: one rotation was asked for", len(l.authorities))
	}
	if err := l.source.Healthy(); err != nil {
		l.t.Error(err)
	}
	for path, bundles := range l.w.published() {
		for _, bundle := range bundles {
			if bundle != string(s.bundle()) {
				l.t.Errorf("%s carries another bundle than the secret", path)
			}
		}
	}
}

// TestR04RotationResumesAfterACrashAtEveryPoint: the authority comes, is rotated and goes. In each life the only replica crashes at another
// point: before or after each write that there is, or while it waits, at each step of the clock. The next one, which has nothing but what is
// in the cluster, goes on: there is one rotation, it ends, and no certificate that was accepted is refused before it expires.
func TestR04RotationResumesAfterACrashAtEveryPoint(t *testing.T) {
	quiet := newLife(t, func(int, int) crashPoint { return "" })
	quiet.run()
	// The Secret: made, next, promoted, dropped. Four objects with caBundles: one authority, two, one.
	if quiet.writes != 4+3*4 || quiet.steps < 20 {
		t.Fatalf("a life without crashes did %d writes in %d steps; the points below are not those of a rotation", quiet.writes, quiet.steps)
	}
	t.Logf("%d writes, %d steps", quiet.writes, quiet.steps)
	at := func(name string, crash func(writes, steps int) crashPoint) {
		t.Run(strings.ReplaceAll(name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			l := newLife(t, crash)
			l.run()
			if l.crashes == 0 {
				t.Error("it did not crash: the test shows nothing")
			}
		})
	}
	for write := 1; write <= quiet.writes; write++ {
		for _, point := range []crashPoint{beforeWrite, afterWrite} {
			at(fmt.Sprintf("%s %d", point, write), func(writes, _ int) crashPoint {
				if writes == write {
					return point
				}
				return ""
			})
		}
	}
	for step := range quiet.steps {
		at(fmt.Sprintf("%s %d", betweenRuns, step), func(writes, steps int) crashPoint {
			if writes == 0 && steps == step {
				return betweenRuns
			}
			return ""
		})
	}
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 7))
		points := []crashPoint{"", "", "", "", "", beforeWrite, afterWrite}
		at(fmt.Sprintf("again and again %d", seed), func(writes, _ int) crashPoint {
			if writes == 0 {
				if random.IntN(8) == 0 {
					return betweenRuns
				}
				return ""
			}
			return points[random.IntN(len(points))]
		})
	}
}
