package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"
)

// handshake connects to a server that presents certificates of getCertificate, as an API server does that trusts
// bundle.
func handshake(getCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error), bundle []byte, serverName string, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	served := make(chan error, 1)
	go func() { served <- tls.Server(far, &tls.Config{GetCertificate: getCertificate}).Handshake() }()
	client := tls.Client(near, &tls.Config{RootCAs: roots, ServerName: serverName, Time: func() time.Time { return now }})
	if err := client.Handshake(); err != nil {
		return err
	}
	return <-served
}

func TestLeafInHandshake(t *testing.T) {
	identity := Identity{Service: "hooks", Namespace: "prod", ClusterDomain: "example.org", ExtraNames: []string{"hooks.corp.net", "*.wild.net", "10.1.2.3", "fd00::1"}}
	signer, stranger := makeAuthority(t, start, 100*time.Hour), makeAuthority(t, start, 100*time.Hour)
	l, err := newLeaf(signer, identity, start, 10*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := l.certificate.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		t.Errorf("key is %T, want ECDSA P-256", l.certificate.PrivateKey)
	}
	tests := []struct {
		name, serverName string
		trust            *authority
		after            time.Duration
		accepted         bool
	}{
		{"service", "hooks.prod.svc", signer, 0, true},
		{"service in the cluster domain", "hooks.prod.svc.example.org", signer, 0, true},
		{"localhost", "localhost", signer, 0, true},
		{"extra name", "hooks.corp.net", signer, 0, true},
		{"wildcard", "a.wild.net", signer, 0, true},
		{"extra IPv4 address", "10.1.2.3", signer, 0, true},
		{"extra IPv6 address", "fd00::1", signer, 0, true},
		{"API server's clock is behind", "hooks.prod.svc", signer, -50 * time.Minute, true},
		{"another namespace", "hooks.test.svc", signer, 0, false},
		{"default cluster domain", "hooks.prod.svc.cluster.local", signer, 0, false},
		{"another CA", "hooks.prod.svc", stranger, 0, false},
		{"expired", "hooks.prod.svc", signer, 11 * time.Hour, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			serve := func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return l.certificate, nil }
			err := handshake(serve, encodeCertificate(test.trust.cert), test.serverName, start.Add(test.after))
			if (err == nil) != test.accepted {
				t.Errorf("accepted: %v, want %v (%v)", err == nil, test.accepted, err)
			}
			var refused *tls.CertificateVerificationError
			if !test.accepted && !errors.As(err, &refused) {
				t.Errorf("failed for another reason: %v", err)
			}
		})
	}
}

func TestLeafDoesNotOutliveItsAuthority(t *testing.T) {
	signer := makeAuthority(t, start, time.Hour)
	l, err := newLeaf(signer, self, start.Add(40*time.Minute), 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !l.certificate.Leaf.NotAfter.Equal(signer.cert.NotAfter) {
		t.Errorf("leaf valid until %v, its CA until %v", l.certificate.Leaf.NotAfter, signer.cert.NotAfter)
	}
	if latest := start.Add(40*time.Minute + 20*time.Minute*2/3); l.renewAt.After(latest) {
		t.Errorf("renewed at %v, want at most %v", l.renewAt, latest)
	}
}

func TestRenewalTime(t *testing.T) {
	const lifetime = 30 * time.Hour
	earliest, latest := start.Add(17*time.Hour), start.Add(20*time.Hour) // two thirds, less up to a tenth
	spread := map[time.Time]bool{}
	for range 50 {
		serial, err := newSerial()
		if err != nil {
			t.Fatal(err)
		}
		at := renewalTime(start, lifetime, serial)
		if at.Before(earliest) || at.After(latest) {
			t.Fatalf("serial %v: renewed at %v, want between %v and %v", serial, at, earliest, latest)
		}
		spread[at] = true
	}
	if len(spread) < 40 {
		t.Errorf("50 replicas renew at %d different times", len(spread))
	}
	if got := renewalTime(start, 0, big.NewInt(1)); !got.Equal(start) {
		t.Errorf("no life left: renewed at %v, want %v", got, start)
	}
}
