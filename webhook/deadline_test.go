package webhook

import (
	"context"
	"errors"
	"testing"
	"time"
)

type keyForTest struct{}

// TestLazyDeadline holds the context to what context.WithDeadline does.
func TestLazyDeadline(t *testing.T) {
	request, leave := context.WithCancel(context.WithValue(t.Context(), keyForTest{}, "value"))
	defer leave()
	in := func(d time.Duration) *lazyDeadline { return withLazyDeadline(request, time.Now().Add(d)) }

	over := in(-time.Second)
	if err := over.Err(); !errors.Is(err, context.DeadlineExceeded) || over.waiting != nil {
		t.Errorf("after the deadline, without waiting: %v", err)
	}
	<-over.Done()
	if err := over.Err(); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(context.Cause(over), context.DeadlineExceeded) {
		t.Errorf("after the deadline: %v, cause %v", err, context.Cause(over))
	}

	child, cancel := context.WithTimeout(in(time.Millisecond), time.Hour)
	defer cancel()
	<-child.Done()
	if err := child.Err(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("what is derived does not end with it: %v", err)
	}

	ended := in(time.Hour)
	if ended.Err() != nil || ended.Value(keyForTest{}) != "value" {
		t.Errorf("before the deadline: %v, value %v", ended.Err(), ended.Value(keyForTest{}))
	}
	waiting := ended.Done()
	ended.end()
	<-waiting
	if !errors.Is(ended.Err(), context.Canceled) || ended.Value(keyForTest{}) != "value" {
		t.Errorf("after its end: %v", ended.Err())
	}

	left, leftUnseen := in(time.Hour), in(time.Hour)
	waiting = left.Done()
	leave()
	<-waiting
	if !errors.Is(left.Err(), context.Canceled) || !errors.Is(leftUnseen.Err(), context.Canceled) {
		t.Errorf("after the caller has left: %v, %v", left.Err(), leftUnseen.Err())
	}

	sooner, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	defer cancel()
	if at, ok := withLazyDeadline(sooner, time.Unix(2, 0)).Deadline(); !ok || !at.Equal(time.Unix(1, 0)) {
		t.Errorf("deadline %v, want the sooner one", at)
	}
}
