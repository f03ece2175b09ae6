package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"
	"time"
)

var (
	start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	self  = Identity{Service: "kruise-admission", Namespace: "kruise-system"}
)

func makeAuthority(t testing.TB, now time.Time, lifetime time.Duration) *authority {
	t.Helper()
	a, err := newAuthority(now, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func encodedKey(t testing.TB, a *authority) []byte {
	t.Helper()
	key, err := a.encodeKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestNewAuthority(t *testing.T) {
	a := makeAuthority(t, start, DefaultCALifetime)
	key, ok := a.key.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		t.Errorf("key is %T, want ECDSA P-256", a.key)
	}
	if want := start.Add(DefaultCALifetime); !a.cert.NotAfter.Equal(want) {
		t.Errorf("valid until %v, want %v", a.cert.NotAfter, want)
	}
	if !a.cert.NotBefore.Before(start) {
		t.Errorf("valid from %v; an API server whose clock is behind refuses it", a.cert.NotBefore)
	}
	if !a.cert.IsCA || !a.cert.MaxPathLenZero {
		t.Error("want a CA that cannot make further CAs")
	}
}

func TestRotationIsNeverDueAtOnce(t *testing.T) {
	for _, lifetime := range []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour, DefaultCALifetime, 100 * DefaultCALifetime} {
		a := makeAuthority(t, start, lifetime)
		if due := a.rotationDue(); due.Before(start.Add(lifetime/2-time.Second)) || due.After(start.Add(lifetime*2/3)) {
			t.Errorf("lifetime %v: rotation due after %v", lifetime, due.Sub(start))
		}
	}
}

func TestParseAuthority(t *testing.T) {
	a, other := makeAuthority(t, start, time.Hour), makeAuthority(t, start, time.Hour)
	leaf, err := newLeaf(a, self, start, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := encodeCertificate(a.cert), encodedKey(t, a)
	tests := []struct {
		name      string
		cert, key []byte
		fault     string // empty: usable
		salvaged  bool   // the certificate is returned although the authority cannot sign
	}{
		{name: "a pair", cert: cert, key: key, salvaged: true},
		{name: "trailing newline", cert: append(bytes.Clone(cert), "\n\n"...), key: key, salvaged: true},
		{name: "no certificate", key: key, fault: "no PEM block in the certificate"},
		{name: "certificate is not PEM", cert: []byte("hello"), key: key, fault: "no PEM block in the certificate"},
		{name: "certificate is not DER", cert: []byte("-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n"), key: key, fault: "certificate: x509"},
		{name: "two certificates", cert: append(bytes.Clone(cert), cert...), key: key, fault: "more than one certificate"},
		{name: "a leaf", cert: encodeCertificate(leaf.certificate.Leaf), key: key, fault: "not one of a CA"},
		{name: "no key", cert: cert, fault: "no PEM block in the key", salvaged: true},
		{name: "key is not DER", cert: cert, key: []byte("-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n"), fault: "key: ", salvaged: true},
		{name: "key of another", cert: cert, key: encodedKey(t, other), fault: "does not belong", salvaged: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseAuthority(test.cert, test.key)
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("error %v, want %q", err, test.fault)
			}
			if (got != nil) != test.salvaged {
				t.Errorf("certificate returned: %v, want %v", got != nil, test.salvaged)
			}
			if got.usable(start) != (test.fault == "") {
				t.Errorf("usable: %v", got.usable(start))
			}
		})
	}
}

func TestAuthorityUsable(t *testing.T) {
	a := makeAuthority(t, start, 8*time.Hour)
	tests := []struct {
		name string
		a    *authority
		now  time.Time
		want bool
	}{
		{"none", nil, start, false},
		{"fresh", a, start, true},
		{"just before expiry", a, start.Add(8*time.Hour - time.Second), true},
		{"expired", a, start.Add(8 * time.Hour), false},
		{"made by a clock that is ahead", a, start.Add(-24 * time.Hour), true},
		{"without key", &authority{cert: a.cert}, start, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.a.usable(test.now); got != test.want {
				t.Errorf("usable: %v, want %v", got, test.want)
			}
		})
	}
}

// foreignAuthority makes a CA as another tool would, which change limits.
func foreignAuthority(t testing.TB, change func(*x509.Certificate)) *authority {
	t.Helper()
	a := makeAuthority(t, time.Now(), DefaultCALifetime)
	template := *a.cert
	template.RawSubject, template.Subject = nil, pkix.Name{CommonName: "foreign"}
	change(&template)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: a.key}
}

// What other tools' CAs may be limited to.
func forOtherNames(c *x509.Certificate) {
	c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.com"}
}
func forClients(c *x509.Certificate)    { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
func notForSigning(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }

func TestAuthorityFits(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*x509.Certificate)
		fault  string // empty: it fits
	}{
		"an ordinary one":               {func(*x509.Certificate) {}, ""},
		"made by a clock that is ahead": {func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }, ""},
		"for names of the cluster":      {func(c *x509.Certificate) { c.PermittedDNSDomains = []string{"svc", "cluster.local", "localhost"} }, ""},
		"for other names":               {forOtherNames, "not permitted"},
		"for clients":                   {forClients, "incompatible key usage"},
		"not for signing":               {notForSigning, "unknown authority"},
		"with an extension that nobody can read": {func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}, "unhandled critical extension"},
	} {
		t.Run(name, func(t *testing.T) {
			err := foreignAuthority(t, test.change).fits(self, time.Now())
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
		})
	}
}

// underRoot makes a root that allows intermediates, and gives subject a certificate of it.
func underRoot(t testing.TB, subject *authority) (root, intermediate *x509.Certificate) {
	t.Helper()
	top := makeAuthority(t, subject.cert.NotBefore, subject.cert.NotAfter.Sub(subject.cert.NotBefore))
	free := *top.cert
	free.MaxPathLen, free.MaxPathLenZero = 0, false
	for _, made := range []struct {
		cert      **x509.Certificate
		template  x509.Certificate
		publicKey any
	}{{&root, free, top.key.Public()}, {&intermediate, *subject.cert, subject.key.Public()}} {
		template := made.template
		der, err := x509.CreateCertificate(rand.Reader, &template, &free, made.publicKey, top.key)
		if err != nil {
			t.Fatal(err)
		}
		if *made.cert, err = x509.ParseCertificate(der); err != nil {
			t.Fatal(err)
		}
	}
	return root, intermediate
}
