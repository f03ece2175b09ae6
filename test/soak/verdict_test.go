package soak

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// clock is how times are shown, as in the logs of the replicas.
const clock = "15:04:05.000"

// aftermath is how long after the API server is back a creation may still meet that it was down: its connection was opened before.
const aftermath = time.Second

// outages are the times at which the API server was down, the one thing that costs creations.
type outages struct {
	mutex sync.Mutex
	all   []outage
}

type outage struct{ from, to time.Time }

func (o *outages) add(from time.Time) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.all = append(o.all, outage{from, time.Now().Add(aftermath)})
}

func (o *outages) explain(f failure) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	for _, outage := range o.all {
		if f.ended.After(outage.from) && f.began.Before(outage.to) {
			return true
		}
	}
	return false
}

// judge fails the test for every creation that failed while the API server was there, and returns how many did while it was not.
func (o *outages) judge(t *testing.T, l *load) (whileDown int) {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	reported := map[string]bool{}
	for _, f := range l.failures {
		if o.explain(f) {
			whileDown++
		} else if !reported[f.err.Error()] {
			reported[f.err.Error()] = true
			t.Errorf("at %s a pod was not created: %v", f.ended.Format(clock), f.err)
		}
	}
	for i, pod := range l.bare {
		if i == 0 {
			t.Errorf("%d of %d pods came back without their sidecar", len(l.bare), l.created.Load())
		}
		t.Logf("pod %s has no sidecar, from %s to %s", pod.name, pod.began.Format(clock), pod.ended.Format(clock))
	}
	return whileDown
}

func (l *load) String() string {
	return fmt.Sprintf("%d pods created, %d creations failed", l.created.Load(), len(l.failures))
}

// calls are those of the entries for pods, as the API server counted them.
type calls struct{ marked, first, second, last installation.Calls }

func (s *site) calls() calls {
	s.t.Helper()
	all, err := installation.ReadCalls(s.t.Context(), s.cluster.Client())
	if err != nil {
		s.t.Fatal(err)
	}
	return calls{all["marked.mpod.kb.io"], all["mpod.kb.io"], all["second-chance.mpod.kb.io"], all["last-chance.mpod.kb.io"]}
}

// judge fails the test for every creation that the API server says was lost: one that it refused for want of an answer, and one that it let
// through without any.
func (c calls) judge(t *testing.T) {
	t.Helper()
	if failed := c.marked.Failed + c.first.Failed + c.second.Failed + c.last.Failed; failed != 0 {
		t.Errorf("the API server refused %d pods for want of an answer", failed)
	}
	if c.first.Open != c.second.All || c.second.Open != c.last.All {
		t.Errorf("calls without an answer were not followed by another: %+v", c)
	}
	if open := c.marked.Open + c.last.Open; open != 0 {
		t.Errorf("the API server let %d pods through without an answer", open)
	}
	if c.marked.All != 0 {
		t.Errorf("%d pods came with the mark", c.marked.All)
	}
}
