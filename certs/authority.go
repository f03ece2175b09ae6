package certs

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// backdate is how far before its making a certificate becomes valid, so that an API server accepts it whose clock is behind ours. A node that takes
// the time of its hardware clock for another time zone's is off by hours until it has asked for the time, and a replica there may be the first.
const backdate = 24 * time.Hour

// authority is a certificate authority: what signs leaves. The key is nil when only the certificate could be saved.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newAuthority makes an authority that is valid until now+lifetime. P-256, because a handshake costs the API server and us least with it
// (docs/architecture.md, "How the API server behaves").
func newAuthority(now time.Time, lifetime time.Duration) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate CA key: %w", err)
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The serial tells authorities apart in tools that show subjects only.
		Subject: pkix.Name{CommonName: fmt.Sprintf("kruise-admission-ca-%.8x", serial.Bytes())},
		// Less for short-lived authorities, or two thirds of the life would be over at once and rotation never end.
		NotBefore:             now.Add(-min(backdate, lifetime/4)),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign CA certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("parse CA certificate: %w", err)
	}
	return &authority{cert: cert, key: key}, nil
}

// parseAuthority reads a PEM certificate and a PKCS #8 PEM key. When only the certificate is good it returns that,
// without key, and an error: leaves that it signed may be in use.
func parseAuthority(certPEM, keyPEM []byte) (*authority, error) {
	cert, rest, err := parseCertificate(certPEM)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("more than one certificate")
	}
	a := &authority{cert: cert}
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return a, errors.New("no PEM block in the key")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return a, fmt.Errorf("key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return a, fmt.Errorf("a key of type %T cannot sign", key)
	}
	public, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(cert.PublicKey) {
		return a, errors.New("the key does not belong to the certificate")
	}
	a.key = signer
	return a, nil
}

// parseCertificate reads the first CA certificate of PEM data and returns what follows it.
func parseCertificate(data []byte) (*x509.Certificate, []byte, error) {
	block, rest := pem.Decode(data)
	if block == nil {
		return nil, nil, errors.New("no PEM block in the certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, rest, fmt.Errorf("certificate: %w", err)
	}
	if !cert.BasicConstraintsValid || !cert.IsCA {
		return nil, rest, errors.New("the certificate is not one of a CA")
	}
	return cert, rest, nil
}

// usable reports whether a can sign leaves now. A certificate that is not valid yet counts as usable: the clock of
// its maker is ahead of ours, and replacing it would make two replicas replace each other's work forever.
func (a *authority) usable(now time.Time) bool {
	return a != nil && a.key != nil && now.Before(a.cert.NotAfter)
}

// fits reports why callers would not accept what a signs for identity. Somebody else's CA may be meant for other names or uses.
func (a *authority) fits(identity Identity, now time.Time) error {
	if now.Before(a.cert.NotBefore) {
		now = a.cert.NotBefore
	}
	trial, err := newLeaf(a, identity, now, time.Minute)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	_, err = trial.certificate.Leaf.Verify(x509.VerifyOptions{
		DNSName: identity.ServerName(), Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err
}

// rotationDue is when a successor should be made: after two thirds of its life, so that a third is left to repair
// what may be in the way.
func (a *authority) rotationDue() time.Time {
	return a.cert.NotBefore.Add(a.cert.NotAfter.Sub(a.cert.NotBefore) / 3 * 2)
}

func encodeCertificate(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func (a *authority) encodeKey() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("encode CA key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// newSerial returns a random positive serial number of up to 126 bits (RFC 5280 allows 20 octets).
func newSerial() (*big.Int, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		return nil, fmt.Errorf("generate serial number: %w", err)
	}
	return serial.Add(serial, big.NewInt(1)), nil
}
