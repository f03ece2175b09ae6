package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func encodeState(t testing.TB, s state, old *corev1.Secret) *corev1.Secret {
	t.Helper()
	secret, err := s.encode(old, "kruise-system", "ca")
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// describe makes states comparable.
func describe(s state) map[string]any {
	out := map[string]any{"rotate": s.rotate}
	for role, a := range map[string]*authority{"signer": s.signer, "next": s.next} {
		if a != nil {
			out[role] = a.cert.SerialNumber.Text(16)
			out[role+" can sign"] = a.key != nil
		}
	}
	for _, r := range s.retired {
		out["retired "+r.cert.SerialNumber.Text(16)] = r.after.UTC()
	}
	return out
}

func TestStateRoundTrip(t *testing.T) {
	a, b, c := makeAuthority(t, start, time.Hour), makeAuthority(t, start, time.Hour), makeAuthority(t, start, time.Hour)
	tests := []struct {
		name string
		s    state
		keys []string
	}{
		{"empty", state{}, nil},
		{"steady", state{signer: a}, []string{"signer.crt", "signer.key"}},
		{"next", state{signer: a, next: b}, []string{"next.crt", "next.key", "signer.crt", "signer.key"}},
		{"retired", state{signer: a}.retire(b.cert, start).retire(c.cert, start.Add(90*time.Minute)), []string{"retired.crt", "signer.crt", "signer.key"}},
		{"all", state{signer: a, next: b}.retire(c.cert, start), []string{"next.crt", "next.key", "retired.crt", "signer.crt", "signer.key"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			secret := encodeState(t, test.s, nil)
			if got := slices.Sorted(maps.Keys(secret.Data)); !slices.Equal(got, test.keys) {
				t.Errorf("keys %v, want %v", got, test.keys)
			}
			got, faults := parseState(secret)
			if len(faults) > 0 {
				t.Error(faults)
			}
			if diff := cmp.Diff(describe(test.s), describe(got)); diff != "" {
				t.Error(diff)
			}
			if n := bytes.Count(secret.Data[retiredKey], []byte("PRIVATE")); n > 0 {
				t.Error("the key of a retired CA is kept")
			}
		})
	}
}

func TestStateEncodeLeavesTheRestAlone(t *testing.T) {
	a, b := makeAuthority(t, start, time.Hour), makeAuthority(t, start, time.Hour)
	old := encodeState(t, state{signer: a, next: b}, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "ca", ResourceVersion: "7", Annotations: map[string]string{RotateAnnotation: "now", "x": "y"}, Labels: map[string]string{"l": "m"}},
		Type:       "example.com/own",
		Data:       map[string][]byte{"ca-cert.pem": []byte("OpenKruise's"), "next.crt": []byte("old")},
	})
	if _, found := old.Annotations[RotateAnnotation]; found {
		t.Error("a state without rotate keeps the annotation")
	}
	before := old.DeepCopy()
	got := encodeState(t, state{signer: b}, old)
	if diff := cmp.Diff(before, old); diff != "" {
		t.Errorf("the argument was changed: %s", diff)
	}
	want := before.DeepCopy()
	want.Data = map[string][]byte{"ca-cert.pem": []byte("OpenKruise's"), signerCertKey: encodeCertificate(b.cert), signerKeyKey: encodedKey(t, b)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestStateKeepsRotateUntilTaken(t *testing.T) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{RotateAnnotation: ""}}}
	s, _ := parseState(secret)
	if !s.rotate {
		t.Fatal("an annotation without value is not seen")
	}
	if _, kept := encodeState(t, s, secret).Annotations[RotateAnnotation]; !kept {
		t.Error("the request is lost although it was not taken")
	}
}

func TestParseStateFaults(t *testing.T) {
	a, b := makeAuthority(t, start, time.Hour), makeAuthority(t, start, time.Hour)
	good := encodeState(t, state{signer: a, next: b}.retire(b.cert, start), nil)
	tests := []struct {
		name string
		data map[string][]byte // over the good ones
		want []string
	}{
		{"good", nil, nil},
		{"key of another CA", map[string][]byte{"signer.key": good.Data["next.key"]}, []string{"key signer.crt of secret kruise-system/ca: the key does not belong to the certificate"}},
		{"key without certificate", map[string][]byte{"signer.crt": nil}, []string{"key signer.crt of secret kruise-system/ca: no PEM block in the certificate"}},
		{"next is garbage", map[string][]byte{"next.crt": []byte("?")}, []string{"key next.crt of secret kruise-system/ca: no PEM block in the certificate"}},
		{"retired ends in garbage", map[string][]byte{"retired.crt": append(bytes.Clone(good.Data["retired.crt"]), "??"...)}, []string{"key retired.crt of secret kruise-system/ca: no PEM block in the last 2 bytes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			secret := good.DeepCopy()
			maps.Copy(secret.Data, test.data)
			_, faults := parseState(secret)
			var got []string
			for _, fault := range faults {
				got = append(got, fault.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRetiredWithoutTimeIsTrustedUntilItExpires(t *testing.T) {
	a := makeAuthority(t, start, time.Hour)
	for name, data := range map[string][]byte{
		"no header":  encodeCertificate(a.cert),
		"not a time": bytes.Replace(encodeCertificate(a.cert), []byte("CERTIFICATE-----\n"), []byte("CERTIFICATE-----\nRetire-After: soon\n\n"), 1),
	} {
		retired, err := parseRetired(data)
		if err != nil || len(retired) != 1 || !retired[0].after.Equal(a.cert.NotAfter) {
			t.Errorf("%s: got %v, %v", name, retired, err)
		}
	}
}

func TestBundle(t *testing.T) {
	older, newer := makeAuthority(t, start, time.Hour), makeAuthority(t, start.Add(time.Minute), time.Hour)
	oldest := makeAuthority(t, start.Add(-time.Minute), time.Hour)
	before := state{signer: older, next: newer}.retire(oldest.cert, start)
	bundle := before.bundle()
	var serials []string
	for rest := bundle; ; {
		block, tail := pem.Decode(rest)
		if block == nil {
			break
		}
		if len(block.Headers) > 0 {
			t.Error("a block with headers is ignored by x509.CertPool.AppendCertsFromPEM, and so by the API server")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		serials, rest = append(serials, cert.SerialNumber.Text(16)), tail
	}
	want := []string{oldest.cert.SerialNumber.Text(16), older.cert.SerialNumber.Text(16), newer.cert.SerialNumber.Text(16)}
	if diff := cmp.Diff(want, serials); diff != "" {
		t.Error(diff)
	}
	after := state{signer: newer}.retire(oldest.cert, start).retire(older.cert, start).retire(older.cert, start)
	if !bytes.Equal(after.bundle(), bundle) {
		t.Error("a change of roles changes the bundle, so everything would be published again")
	}
}

// FuzzParseState: whatever is in the Secret, one step leads to a state that can sign, that is stored without loss,
// and that is stable: another step at the same time does nothing.
func FuzzParseState(f *testing.F) {
	a, b := makeAuthority(f, start, time.Hour), makeAuthority(f, start, 2*time.Hour)
	good := encodeState(f, state{signer: a, next: b}.retire(b.cert, start.Add(time.Minute)), nil).Data
	f.Add(good[signerCertKey], good[signerKeyKey], good[nextCertKey], good[nextKeyKey], good[retiredKey])
	f.Add(good[signerCertKey], good[nextKeyKey], []byte("x"), []byte(nil), good[nextCertKey])
	f.Add([]byte(nil), []byte(nil), []byte(nil), []byte(nil), []byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"))
	rotation := rotation{leafLifetime: time.Minute, settle: time.Second, newAuthority: func(time.Time) (*authority, error) { return a, nil }}
	f.Fuzz(func(t *testing.T, signerCert, signerKey, nextCert, nextKey, retired []byte) {
		secret := &corev1.Secret{Data: map[string][]byte{
			signerCertKey: signerCert, signerKeyKey: signerKey, nextCertKey: nextCert, nextKeyKey: nextKey, retiredKey: retired,
		}}
		parsed, faults := parseState(secret)
		for _, fault := range faults {
			if strings.Contains(fault.Error(), "PRIVATE") {
				t.Errorf("a fault shows a key: %v", fault)
			}
		}
		repaired, err := rotation.next(parsed, seen{now: start})
		if err != nil {
			t.Fatal(err)
		}
		if !repaired.state.signer.usable(start) {
			t.Fatal("the signer cannot sign")
		}
		stored, faults := parseState(encodeState(t, repaired.state, secret))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if diff := cmp.Diff(describe(repaired.state), describe(stored)); diff != "" {
			t.Fatal(diff)
		}
		again, err := rotation.next(stored, seen{now: start})
		if err != nil {
			t.Fatal(err)
		}
		if len(again.actions) > 0 {
			t.Fatalf("not stable: %v after %v", again.actions, repaired.actions)
		}
	})
}
