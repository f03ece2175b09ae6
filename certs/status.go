package certs

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// Phase is where the rotation of a self-managed authority stands.
type Phase string

// The phases of a rotation, in their order.
const (
	// PhaseSteady: there is one authority.
	PhaseSteady Phase = "steady"
	// PhasePublishing: the next authority is being published, and does not sign before every configuration carries it.
	PhasePublishing Phase = "publishing"
	// PhaseRetiring: the next authority signs, and the one before is trusted until its last leaf has expired.
	PhaseRetiring Phase = "retiring"
)

// Phases returns all phases.
func Phases() []Phase { return []Phase{PhaseSteady, PhasePublishing, PhaseRetiring} }

// Status is what monitoring wants to know of a source: until when callers can verify it, and whether they do now. A zero time means
// that there is none, or that it is not known.
type Status struct {
	// CertificateExpiry is when the certificate that is served expires.
	CertificateExpiry time.Time
	// AuthorityExpiry is when the first of the authorities above it expires that the server knows: of files, the
	// intermediates beside the certificate.
	AuthorityExpiry time.Time
	// Rotation is where the rotation of the authority stands. Empty: the source rotates none, or has not read it yet.
	Rotation Phase
	// Configurations are the objects by which API servers call us, as far as they have been read and do. Empty without a cluster.
	Configurations []ConfigurationStatus
}

// ConfigurationStatus is the state of one object with caBundle fields.
type ConfigurationStatus struct {
	// Resource is the plural of its kind, and Name its name; both come from the options.
	Resource, Name string
	// Mismatch says that a caBundle of it does not verify the certificate that is served.
	Mismatch bool
	// Unserved are the entries that call a path which the server does not answer on, as `webhook "x" calls /y`.
	Unserved []string
	// Published is when this replica last wrote its caBundle fields. Zero: it has not.
	Published time.Time
}

// statusOf describes what a source serves; serving may be nil.
func statusOf(serving *tls.Certificate, configurations *Configurations) Status {
	var s Status
	if serving != nil {
		s.CertificateExpiry = serving.Leaf.NotAfter
		for _, der := range serving.Certificate[1:] {
			if cert, err := x509.ParseCertificate(der); err == nil && (s.AuthorityExpiry.IsZero() || cert.NotAfter.Before(s.AuthorityExpiry)) {
				s.AuthorityExpiry = cert.NotAfter
			}
		}
	}
	if configurations != nil {
		s.Configurations = configurations.status(serving)
	}
	return s
}

// status describes every object that has been read and calls us. With no certificate at all none of them is satisfied.
func (c *Configurations) status(serving *tls.Certificate) []ConfigurationStatus {
	var all []ConfigurationStatus
	seen, now := c.observe(), c.clock.Now()
	for _, o := range seen.objects {
		if !o.synced || len(o.configs) == 0 {
			continue
		}
		one := snapshot{identity: seen.identity, objects: []observed{o}}
		status := ConfigurationStatus{
			Resource: o.target.resource.Resource, Name: o.target.name,
			Mismatch: serving == nil || one.verify(serving, now) != nil,
			Unserved: unserved(o.configs, c.serves),
		}
		if published := o.target.published.Load(); published != nil {
			status.Published = *published
		}
		all = append(all, status)
	}
	return all
}

// Status implements HealthChecker.
func (e *Ephemeral) Status() Status { return e.current.Load().status(nil) }

// Status implements HealthChecker.
func (s *SelfManaged) Status() Status {
	status := s.serving.Load().status(s.configurations)
	if phase := s.phase.Load(); phase != nil {
		status.Rotation = *phase
	}
	return status
}

// Status implements HealthChecker.
func (f *Files) Status() Status { return statusOf(f.serving.Load(), f.options.Configurations) }

func (l *leaf) status(configurations *Configurations) Status {
	if l == nil {
		return statusOf(nil, configurations)
	}
	s := statusOf(l.certificate, configurations)
	s.AuthorityExpiry = l.issuer.NotAfter
	return s
}
