package process

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the program that the tests run: with this variable it reads its input to the end and exits.
func TestMain(m *testing.M) {
	if os.Getenv("PROCESS_TEST_PROGRAM") != "" {
		_, _ = os.Stdout.WriteString("started\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		_, _ = os.Stdout.WriteString("input ended\n")
		os.Exit(3)
	}
	os.Exit(m.Run())
}

func startSelf(t *testing.T) *Process {
	t.Helper()
	t.Setenv("PROCESS_TEST_PROGRAM", "1")
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := Start("program", path, dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	if err := p.WaitUntil(t.Context(), "it has started", func(context.Context) error {
		if !strings.Contains(p.Tail(TailLines), "started") {
			return errors.New("no output yet")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProcessSeesTheEndOfItsLifeline(t *testing.T) {
	p := startSelf(t)
	if err := p.lifeline.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Exited():
		if !strings.Contains(p.Tail(TailLines), "input ended") {
			t.Error("it ended for another reason:", p.Tail(TailLines))
		}
	case <-time.After(time.Minute):
		t.Error("the process is alive a minute after its lifeline was closed")
	}
}

func TestTerminateReturnsHowItEnded(t *testing.T) {
	p := startSelf(t)
	if err := p.Terminate(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("got %v, want that a signal ended it", err)
	}
	if err := p.Terminate(); err == nil {
		t.Error("asked again, it must still say how it ended")
	}
	p.Kill()
}

func TestWaitUntilTheProcessEnds(t *testing.T) {
	p := startSelf(t)
	p.Kill()
	err := p.WaitUntil(t.Context(), "it serves", func(context.Context) error { return errors.New("not yet") })
	if err == nil || !strings.Contains(err.Error(), "has ended (signal: killed) before it serves") || !strings.Contains(err.Error(), "started") {
		t.Errorf("got %v, want how it ended and its output", err)
	}
}

func TestWaitUntilTheContextEnds(t *testing.T) {
	p := &Process{name: "program", log: "/nonexistent", exited: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	last := errors.New("connection refused")
	err := p.WaitUntil(ctx, "it serves", func(context.Context) error { cancel(); return last })
	if !errors.Is(err, context.Canceled) || !errors.Is(err, last) {
		t.Errorf("got %v, want both the end of the context and the last answer", err)
	}
}
