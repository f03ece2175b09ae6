package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// leaf is a serving certificate of one replica. Its key never leaves the process.
type leaf struct {
	certificate *tls.Certificate
	// issuer is the authority that signed it.
	issuer *x509.Certificate
	// renewAt is when a successor should be made.
	renewAt time.Time
}

// newLeaf signs a certificate for identity, valid until now+lifetime but not longer than its authority.
func newLeaf(signer *authority, identity Identity, now time.Time, lifetime time.Duration) (*leaf, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate serving key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	if left := signer.cert.NotAfter.Sub(now); left < lifetime {
		lifetime = left
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// No DNS name here: callers look at the subject alternative names, and a common name may have 64 characters
		// only.
		Subject:     pkix.Name{CommonName: "kruise-admission"},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(lifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    identity.dnsNames(),
		IPAddresses: identity.ips(),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		return nil, fmt.Errorf("sign serving certificate: %w", err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse serving certificate: %w", err)
	}
	return &leaf{
		certificate: &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed},
		issuer:      signer.cert,
		renewAt:     renewalTime(now, lifetime, serial),
	}, nil
}

// renewalTime is two thirds of the lifetime after now, less up to a tenth of the lifetime, so that replicas that
// started together do not renew together. The serial number is random already and serves as the dice.
func renewalTime(now time.Time, lifetime time.Duration, serial *big.Int) time.Time {
	at := now.Add(lifetime / 3 * 2)
	if spread := int64(lifetime / 10); spread > 0 {
		at = at.Add(-time.Duration(new(big.Int).Mod(serial, big.NewInt(spread)).Int64()))
	}
	return at
}

// fresh reports whether l is a leaf of signer that need not be renewed yet.
func (l *leaf) fresh(signer *authority, now time.Time) bool {
	return l != nil && l.issuer.Equal(signer.cert) && now.Before(l.renewAt)
}

// expired reports whether no caller accepts l any more.
func (l *leaf) expired(now time.Time) bool { return now.After(l.certificate.Leaf.NotAfter) }
