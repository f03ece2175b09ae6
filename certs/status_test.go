package certs

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// TestR06StatusOfSelfManaged follows what monitoring sees: nothing, then everything in order, then a caBundle that somebody
// overwrote, then in order again.
func TestR06StatusOfSelfManaged(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	before := &SelfManaged{configurations: &Configurations{clock: w.clock}}
	if diff := cmp.Diff(Status{}, before.Status()); diff != "" {
		t.Errorf("before anything is there (-want +got):\n%s", diff)
	}
	r := w.start(SelfManagedOptions{})
	w.eventually("healthy", w.healthy)
	s := r.Status()
	if leaf := r.serving.Load(); !s.CertificateExpiry.Equal(leaf.certificate.Leaf.NotAfter) || !s.AuthorityExpiry.Equal(leaf.issuer.NotAfter) {
		t.Errorf("expiries are %s and %s, want those of the leaf and its authority", s.CertificateExpiry, s.AuthorityExpiry)
	}
	if s.Rotation != PhaseSteady {
		t.Errorf("the rotation is %q, want %q", s.Rotation, PhaseSteady)
	}
	var names []string
	for _, c := range s.Configurations {
		names = append(names, c.Resource+"/"+c.Name)
		if c.Mismatch || c.Published.IsZero() {
			t.Errorf("%s/%s: mismatch %v, published %s; want none and a time", c.Resource, c.Name, c.Mismatch, c.Published)
		}
	}
	want := []string{"mutatingwebhookconfigurations/kruise-admission", "mutatingwebhookconfigurations/kruise-admission-second-chance", "validatingwebhookconfigurations/kruise-admission",
		"customresourcedefinitions/sidecarsets.apps.kruise.io"} // the others do not call us, or do not exist
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("configurations (-want +got):\n%s", diff)
	}

	w.setRefuse(func(method, path string) int {
		if method == "PATCH" && path == validatingPath {
			return 403
		}
		return 0
	})
	w.edit(validatingPath, setBundles(base64Of(encodeCertificate(makeAuthority(t, time.Now(), time.Hour).cert))))
	mismatch := func(want bool) func() error {
		return func() error {
			for _, c := range r.Status().Configurations {
				if c.Resource == "validatingwebhookconfigurations" && c.Mismatch == want {
					return nil
				}
			}
			return fmt.Errorf("mismatch is not %v", want)
		}
	}
	w.eventually("a foreign bundle is seen", mismatch(true))
	w.setRefuse(func(string, string) int { return 0 })
	w.eventually("a repaired bundle is seen", mismatch(false))
}

func TestStatusOfEphemeral(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	source, err := NewEphemeral(Identity{Service: "s", Namespace: "n"}, clocktesting.NewFakeClock(now))
	if err != nil {
		t.Fatal(err)
	}
	end := now.Add(ephemeralLifetime)
	if diff := cmp.Diff(Status{CertificateExpiry: end, AuthorityExpiry: end}, source.Status()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatusOfFiles(t *testing.T) {
	now := time.Now()
	folder := t.TempDir()
	source, err := NewFiles(FilesOptions{CertFile: folder + "/tls.crt", KeyFile: folder + "/tls.key"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Status{}, source.Status()); diff != "" {
		t.Errorf("without files (-want +got):\n%s", diff)
	}
	p := makePair(t, now, 2*time.Hour)
	intermediate := makeAuthority(t, now, time.Hour)
	p.cert = append(p.cert, encodeCertificate(intermediate.cert)...)
	p.write(t, folder)
	source.reload(t.Context())
	if err := source.problem; err != nil {
		t.Fatal(err)
	}
	want := Status{CertificateExpiry: source.serving.Load().Leaf.NotAfter, AuthorityExpiry: intermediate.cert.NotAfter}
	if diff := cmp.Diff(want, source.Status()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
