package certs

import (
	"context"
	"crypto/x509"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

func TestEphemeral(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	source, err := NewEphemeral(Identity{Service: "s", Namespace: "n", ExtraNames: []string{"127.0.0.1"}}, clock)
	if err != nil {
		t.Fatal(err)
	}
	first, err := source.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s.n.svc", "localhost", "127.0.0.1"} {
		if err := first.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- source.Run(ctx) }()
	for !clock.HasWaiters() {
		time.Sleep(time.Millisecond)
	}
	clock.Step(ephemeralLifetime / 3 * 2)
	var second *x509.Certificate
	for second == nil || second.Equal(first.Leaf) {
		current, err := source.GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		second = current.Leaf
		time.Sleep(time.Millisecond)
	}
	if !second.NotAfter.After(first.Leaf.NotAfter) {
		t.Errorf("the second certificate ends at %s, the first at %s", second.NotAfter, first.Leaf.NotAfter)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestEphemeralRefusesBadNames(t *testing.T) {
	if _, err := NewEphemeral(Identity{Service: "S!", Namespace: "n"}, clocktesting.NewFakeClock(time.Now())); err == nil {
		t.Error("a service name that cannot exist was accepted")
	}
}
