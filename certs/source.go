package certs

import (
	"context"
	"crypto/tls"
	"errors"
)

// Source gives a TLS listener its certificate and keeps it fresh.
type Source interface {
	// GetCertificate returns the certificate to present; it fits tls.Config.GetCertificate. It fails with
	// [ErrNoCertificate] as long as there is none. It is safe for concurrent use and never blocks.
	GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
	// Run keeps the certificate fresh until ctx ends, and then returns nil. It must be called once. Nothing that
	// happens while it runs makes it give up: it reports, keeps the last good certificate in use, and tries again.
	Run(ctx context.Context) error
}

// HealthChecker is implemented by every Source of this package. Readiness asks Healthy, monitoring asks Status.
type HealthChecker interface {
	// Healthy returns nil when a caller that trusts what is published now would accept the certificate that is served
	// now, or would have not long ago (see patience), and otherwise an error that says why it would not.
	Healthy() error
	// Status says until when what is served and published is good.
	Status() Status
}

// ErrNoCertificate says that a source has no certificate yet.
var ErrNoCertificate = errors.New("there is no serving certificate yet")
