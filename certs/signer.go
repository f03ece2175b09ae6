package certs

import (
	"crypto/x509"

	corev1 "k8s.io/api/core/v1"
)

// SignerOf returns the certificate of the authority that signs serving certificates now, as the CA Secret says; nil when it holds none that can be
// read.
func SignerOf(secret *corev1.Secret) *x509.Certificate {
	s, _ := parseState(secret)
	if s.signer == nil {
		return nil
	}
	return s.signer.cert
}
