package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// RotateAnnotation on the Secret of the self-managed authority, with any value, asks for a new authority. It is taken off when the rotation
// begins.
const RotateAnnotation = "certs.kruise-admission.io/rotate"

// Keys of the CA Secret. Other keys are left as they are.
const (
	signerCertKey = "signer.crt"
	signerKeyKey  = "signer.key"
	nextCertKey   = "next.crt"
	nextKeyKey    = "next.key"
	// retiredKey holds one PEM block for each retired authority, with its time of dropping in the header
	// retireAfterHeader. Their private keys are gone: nobody can sign by them again.
	retiredKey        = "retired.crt"
	retireAfterHeader = "Retire-After" // RFC 3339
)

// state is what the CA Secret says: the authorities and their roles. It is a value; its parts are never changed.
type state struct {
	// signer signs leaves. nil when there is none that parses; its key is nil when only the certificate does.
	signer *authority
	// next becomes the signer when all configurations have been seen to trust it. nil when no rotation is going on.
	next *authority
	// retired are trusted until their last leaf has expired.
	retired []retiredAuthority
	// rotate says that somebody asked for a rotation.
	rotate bool
}

type retiredAuthority struct {
	cert *x509.Certificate
	// after is when it may be dropped, in whole seconds.
	after time.Time
}

// parseState reads a Secret, which may be nil when there is none. Whatever parses is kept; faults name what does not.
func parseState(secret *corev1.Secret) (s state, faults []error) {
	if secret == nil {
		return state{}, nil
	}
	fault := func(key string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("key %s of secret %s/%s: %w", key, secret.Namespace, secret.Name, err))
		}
	}
	_, s.rotate = secret.Annotations[RotateAnnotation]
	var err error
	if data := secret.Data[signerCertKey]; len(data) > 0 || len(secret.Data[signerKeyKey]) > 0 {
		s.signer, err = parseAuthority(data, secret.Data[signerKeyKey])
		fault(signerCertKey, err)
	}
	if data := secret.Data[nextCertKey]; len(data) > 0 || len(secret.Data[nextKeyKey]) > 0 {
		s.next, err = parseAuthority(data, secret.Data[nextKeyKey])
		fault(nextCertKey, err)
	}
	s.retired, err = parseRetired(secret.Data[retiredKey])
	fault(retiredKey, err)
	return s, faults
}

// fit returns s without the keys of authorities that cannot sign for identity; faults name them. Those that proven trusts have signed already, or
// were tried.
func (s state) fit(identity Identity, now time.Time, proven *state) (fit state, faults []error) {
	for _, role := range []struct {
		key       string
		authority **authority
	}{{signerCertKey, &s.signer}, {nextCertKey, &s.next}} {
		a := *role.authority
		if !a.usable(now) || proven != nil && proven.trusts(a.cert) {
			continue
		}
		if err := a.fits(identity, now); err != nil {
			*role.authority = &authority{cert: a.cert}
			faults = append(faults, fmt.Errorf("key %s: callers would not accept what this CA signs: %w", role.key, err))
		}
	}
	return s, faults
}

func parseRetired(data []byte) (retired []retiredAuthority, fault error) {
	for len(bytes.TrimSpace(data)) > 0 {
		block, rest := pem.Decode(data)
		if block == nil {
			return retired, fmt.Errorf("no PEM block in the last %d bytes", len(data))
		}
		cert, _, err := parseCertificate(data)
		data = rest
		if err != nil {
			fault = err
			continue
		}
		after, err := time.Parse(time.RFC3339, block.Headers[retireAfterHeader])
		if err != nil {
			after = cert.NotAfter // somebody else wrote the block; trust it as long as it is valid
		}
		retired = append(retired, retiredAuthority{cert: cert, after: after})
	}
	return retired, fault
}

// encode writes s into a copy of secret, which may be nil when there is none yet, and leaves everything else in it
// alone.
func (s state) encode(secret *corev1.Secret, namespace, name string) (*corev1.Secret, error) {
	if secret == nil {
		secret = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
			Type:       corev1.SecretTypeOpaque,
		}
	}
	out := secret.DeepCopy()
	if !s.rotate {
		delete(out.Annotations, RotateAnnotation)
	}
	out.Data = maps.Clone(out.Data)
	if out.Data == nil {
		out.Data = map[string][]byte{}
	}
	for _, key := range []string{signerCertKey, signerKeyKey, nextCertKey, nextKeyKey, retiredKey} {
		delete(out.Data, key)
	}
	for _, role := range []struct {
		authority        *authority
		certKey, keyName string
	}{{s.signer, signerCertKey, signerKeyKey}, {s.next, nextCertKey, nextKeyKey}} {
		if role.authority == nil {
			continue
		}
		key, err := role.authority.encodeKey()
		if err != nil {
			return nil, err
		}
		out.Data[role.certKey], out.Data[role.keyName] = encodeCertificate(role.authority.cert), key
	}
	var retired bytes.Buffer
	for _, r := range s.retired {
		block := &pem.Block{
			Type:    "CERTIFICATE",
			Headers: map[string]string{retireAfterHeader: r.after.UTC().Format(time.RFC3339)},
			Bytes:   r.cert.Raw,
		}
		if err := pem.Encode(&retired, block); err != nil {
			return nil, fmt.Errorf("encode retired CA: %w", err)
		}
	}
	if retired.Len() > 0 {
		out.Data[retiredKey] = retired.Bytes()
	}
	return out, nil
}

// trusted are the certificates of all authorities, each once, from old to new whatever their roles: so a change of
// roles alone does not change the bundle, and nothing has to be published again.
func (s state) trusted() []*x509.Certificate {
	var certs []*x509.Certificate
	add := func(cert *x509.Certificate) {
		if !slices.ContainsFunc(certs, cert.Equal) {
			certs = append(certs, cert)
		}
	}
	for _, a := range []*authority{s.signer, s.next} {
		if a != nil {
			add(a.cert)
		}
	}
	for _, r := range s.retired {
		add(r.cert)
	}
	slices.SortFunc(certs, func(a, b *x509.Certificate) int {
		if order := a.NotBefore.Compare(b.NotBefore); order != 0 {
			return order
		}
		return bytes.Compare(a.Raw, b.Raw)
	})
	return certs
}

// trusts reports whether cert is one of the authorities.
func (s state) trusts(cert *x509.Certificate) bool {
	return slices.ContainsFunc(s.trusted(), cert.Equal)
}

// bundle is what caBundle fields should hold: PEM, all authorities.
func (s state) bundle() []byte {
	var bundle []byte
	for _, cert := range s.trusted() {
		bundle = append(bundle, encodeCertificate(cert)...)
	}
	return bundle
}

// retire returns s with cert among the retired. The slice is copied: states share it.
func (s state) retire(cert *x509.Certificate, after time.Time) state {
	s.retired = append(slices.Clip(s.retired), retiredAuthority{cert: cert, after: after.Truncate(time.Second)})
	return s
}

// phase is where a rotation stands.
func (s state) phase() Phase {
	switch {
	case s.next != nil:
		return PhasePublishing
	case len(s.retired) > 0:
		return PhaseRetiring
	default:
		return PhaseSteady
	}
}
