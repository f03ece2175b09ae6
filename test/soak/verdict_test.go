package soak

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// cause is why a creation may fail. Restarts and rotations are none.
type cause string

const (
	causeKilled      cause = "a replica was killed"
	causeOverwritten cause = "a caBundle was overwritten"
	causeDown        cause = "the API server was down"
)

// explains tells whether the error is what the cause brings about, and not something else that happens at the same time.
func (c cause) explains(err error) bool {
	webhook := strings.Contains(err.Error(), "failed calling webhook")
	switch c {
	case causeKilled:
		return webhook && !strings.Contains(err.Error(), "x509")
	case causeOverwritten:
		return webhook && strings.Contains(err.Error(), "x509")
	case causeDown:
		return true
	}
	return false
}

// aftermath is how long after a disturbance a creation may still meet it: the API server learns by a watch that a caBundle is right again.
const aftermath = time.Second

// incidents are the disturbances that cannot be free, with their times.
type incidents struct {
	mutex sync.Mutex
	all   []incident
}

type incident struct {
	cause    cause
	from, to time.Time
}

func (i *incidents) add(cause cause, from time.Time) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.all = append(i.all, incident{cause, from, time.Now().Add(aftermath)})
}

// of returns the cause of a failure, and false when nothing explains it.
func (i *incidents) of(f failure) (cause, bool) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	for _, incident := range i.all {
		if f.ended.After(incident.from) && f.began.Before(incident.to) && incident.cause.explains(f.err) {
			return incident.cause, true
		}
	}
	return "", false
}

// judge fails the test for every failure that nothing explains, and returns how many each cause explains.
func (i *incidents) judge(t *testing.T, l *load) map[cause]int {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	explained := map[cause]int{}
	reported := map[string]bool{}
	for _, f := range l.failures {
		if cause, ok := i.of(f); ok {
			explained[cause]++
		} else if !reported[f.err.Error()] {
			reported[f.err.Error()] = true
			t.Errorf("at %s a pod was not created, and nothing explains it: %v", f.ended.Format("15:04:05.000"), f.err)
		}
	}
	if bare := l.bare.Load(); bare != 0 {
		t.Errorf("%d of %d pods came back without their sidecar", bare, l.created.Load())
	}
	return explained
}

// failedCalls counts the failures that the API server must have counted, too.
func (l *load) failedCalls() (count int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, f := range l.failures {
		if strings.Contains(f.err.Error(), "failed calling webhook") {
			count++
		}
	}
	return count
}

func (l *load) String() string {
	return fmt.Sprintf("%d pods created, %d creations failed", l.created.Load(), len(l.failures))
}
