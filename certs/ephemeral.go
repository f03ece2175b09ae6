package certs

import (
	"context"
	"crypto/tls"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// ephemeralLifetime is how long a certificate of an [Ephemeral] source is valid. Its authority lives as long, because nobody
// holds on to it.
const ephemeralLifetime = 7 * 24 * time.Hour

// Ephemeral is a [Source] for a server without a cluster: authority and leaf exist in memory only. Nothing publishes the
// authority, so callers cannot verify the certificate; it is for trying things out on loopback.
type Ephemeral struct {
	identity Identity
	clock    clock.WithTicker
	current  atomic.Pointer[leaf]
}

var (
	_ Source        = (*Ephemeral)(nil)
	_ HealthChecker = (*Ephemeral)(nil)
)

// NewEphemeral makes the first certificate.
func NewEphemeral(identity Identity, clock clock.WithTicker) (*Ephemeral, error) {
	if err := identity.Validate(); err != nil {
		return nil, err
	}
	e := &Ephemeral{identity: identity, clock: clock}
	if err := e.renew(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Ephemeral) renew() error {
	now := e.clock.Now()
	signer, err := newAuthority(now, ephemeralLifetime)
	if err != nil {
		return err
	}
	next, err := newLeaf(signer, e.identity, now, ephemeralLifetime)
	if err != nil {
		return err
	}
	e.current.Store(next)
	return nil
}

// GetCertificate implements [Source].
func (e *Ephemeral) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return e.current.Load().certificate, nil
}

// Run implements [Source]: it makes a new certificate when two thirds of the life of the current one are over.
func (e *Ephemeral) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.clock.After(e.current.Load().renewAt.Sub(e.clock.Now())):
		}
		if err := e.renew(); err != nil {
			return err // the random source of the system is broken
		}
	}
}

// Healthy implements [HealthChecker]. There is nothing published that a caller could trust.
func (e *Ephemeral) Healthy() error { return nil }
