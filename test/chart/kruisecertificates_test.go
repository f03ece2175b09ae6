package chart

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// openKruiseCertificates returns the content of OpenKruise's Secret as its manager makes it (spec/server.md §6.2 and §6.4): RSA keys in
// PKCS#1, ten years, and the key of the authority beside all others.
func openKruiseCertificates(t *testing.T, name string) map[string][]byte {
	t.Helper()
	now := time.Now()
	template := func(name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			NotBefore: now, NotAfter: now.AddDate(10, 0, 0),
			KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, BasicConstraintsValid: true,
		}
	}
	newKey := func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	sign := func(certificate, parent *x509.Certificate, key, signer *rsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, certificate, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	encode := func(key *rsa.PrivateKey) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	}
	authority, authorityKey := template("webhook-cert-ca"), newKey()
	authority.IsCA = true
	authority.KeyUsage |= x509.KeyUsageCertSign
	serving, servingKey := template(name), newKey()
	serving.DNSNames = []string{"localhost", name}
	serving.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	certificate := sign(serving, authority, servingKey, authorityKey)
	return map[string][]byte{
		"ca-key.pem": encode(authorityKey), "ca-cert.pem": sign(authority, authority, authorityKey, authorityKey),
		"key.pem": encode(servingKey), "tls.key": encode(servingKey),
		"cert.pem": certificate, "tls.crt": certificate,
	}
}
