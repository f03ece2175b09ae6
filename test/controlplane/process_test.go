package controlplane

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestProcessEndsWithItsLifeline(t *testing.T) {
	path, err := BuildOnce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := startProcess(path, "etcd", dir, dir, []string{"--listen-client-urls=unix://" + dir + "/c",
		"--advertise-client-urls=http://127.0.0.1:0", "--listen-peer-urls=http://127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if err := p.lifeline.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
		if !strings.Contains(p.tail(tailLines), "standard input is closed") {
			t.Error("it ended for another reason:", p.tail(tailLines))
		}
	case <-time.After(time.Minute):
		t.Error("etcd is alive a minute after its lifeline was closed")
	}
}

func TestWaitUntil(t *testing.T) {
	path, err := BuildOnce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p, err := startProcess(path, "no-such-program", dir, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	never := func(context.Context) error { return errors.New("not yet") }
	err = p.waitUntil(t.Context(), "it serves", never)
	if err == nil || !strings.Contains(err.Error(), "no-such-program has ended (exit status 2) before it serves") ||
		!strings.Contains(err.Error(), "say etcd, kube-apiserver or kube-controller-manager") {
		t.Errorf("process that ends: got %v, want its exit status and log", err)
	}
	if err := p.waitUntil(t.Context(), "it serves", func(context.Context) error { return nil }); err != nil {
		t.Errorf("answer is yes: got %v, want nil", err)
	}
}

func TestWaitUntilTheContextEnds(t *testing.T) {
	p := &process{name: "etcd", log: "/nonexistent", exited: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	last := errors.New("connection refused")
	err := p.waitUntil(ctx, "it serves", func(context.Context) error { cancel(); return last })
	if !errors.Is(err, context.Canceled) || !errors.Is(err, last) {
		t.Errorf("got %v, want both the end of the context and the last answer", err)
	}
}
