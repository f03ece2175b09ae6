package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func TestSV01OnlyCABundlesAreWritten(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	r := w.start(SelfManagedOptions{})
	w.eventually("healthy", w.healthy)
	if err := w.call(); err != nil {
		t.Error(err)
	}
	for path, want := range originals(t) {
		got := w.get(path)
		got.SetResourceVersion("")
		configs, _ := clientConfigs(got, self)
		for _, config := range configs { // put back what may differ
			holder := got.Object
			if webhooks, ok := got.Object["webhooks"].([]any); ok {
				var index int
				if _, err := fmt.Sscanf(config.pointer, "/webhooks/%d/", &index); err != nil {
					t.Fatal(err)
				}
				holder = webhooks[index].(map[string]any)
			} else {
				holder = holder["spec"].(map[string]any)["conversion"].(map[string]any)["webhook"].(map[string]any)
			}
			delete(holder["clientConfig"].(map[string]any), "caBundle")
		}
		if path == validatingPath {
			delete(want.Object["webhooks"].([]any)[0].(map[string]any)["clientConfig"].(map[string]any), "caBundle")
		}
		if diff := cmp.Diff(want.Object, got.Object); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	if s := w.secretState(); !s.trusts(r.serving.Load().issuer) || s.next != nil || len(s.retired) > 0 {
		t.Errorf("the secret holds %v", describe(s))
	}
}

func TestSV11TenReplicasOneCA(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	for range 10 {
		w.start(SelfManagedOptions{})
	}
	w.eventually("healthy", func() error {
		if err := w.healthy(); err != nil {
			return err
		}
		return w.call()
	})
	if n := w.writesTo(secretPath); n != 1 {
		t.Errorf("the secret was written %d times, want once", n)
	}
	signer := w.secretState().signer
	serials := map[string]bool{}
	for _, r := range w.running() {
		if leaf := r.serving.Load(); !leaf.issuer.Equal(signer.cert) {
			t.Errorf("a replica serves a certificate of %v", leaf.issuer.Subject)
		}
		serials[w.serial(r)] = true
	}
	if len(serials) != 10 {
		t.Errorf("10 replicas serve %d different certificates", len(serials))
	}
}

// A pass that panics is tried again like one that fails.
func TestAPanicIsAFailedPass(t *testing.T) {
	panics.Expect(t)
	w := newWorld(t, clock.RealClock{})
	source := w.source(SelfManagedOptions{})
	made := source.rotation.newAuthority
	var broken atomic.Bool
	broken.Store(true)
	source.rotation.newAuthority = func(now time.Time) (*authority, error) {
		if broken.Load() {
			panic("mistake")
		}
		return made(now)
	}
	r := w.run(source)
	w.eventually("the problem is named", func() error {
		if err := r.Healthy(); err == nil || !strings.Contains(err.Error(), survive.ErrPanicked.Error()) {
			return fmt.Errorf("health: %w", err)
		}
		return nil
	})
	broken.Store(false)
	w.eventually("healthy", w.healthy)
}

func TestBrokenSecretAtStart(t *testing.T) {
	good, other := makeAuthority(t, time.Now(), DefaultCALifetime), makeAuthority(t, time.Now(), DefaultCALifetime)
	expired := makeAuthority(t, time.Now().Add(-2*time.Hour), time.Hour)
	limited := map[string]*authority{}
	for name, change := range map[string]func(*x509.Certificate){"names": forOtherNames, "clients": forClients, "no signing": notForSigning} {
		limited[name] = foreignAuthority(t, change)
	}
	mismatched := encodeState(t, state{signer: good}, nil)
	mismatched.Data[signerKeyKey] = encodedKey(t, other)
	tests := []struct {
		name string
		data map[string][]byte
		keep *authority // stays trusted
	}{
		{name: "SV-02 empty", data: map[string][]byte{}},
		{name: "unparsable", data: map[string][]byte{signerCertKey: []byte("x"), signerKeyKey: []byte("y")}},
		{name: "SV-10 key does not match", data: mismatched.Data, keep: good},
		{name: "expired", data: encodeState(t, state{signer: expired}, nil).Data},
		{name: "CA of another tool, for other names", data: encodeState(t, state{signer: limited["names"]}, nil).Data, keep: limited["names"]},
		{name: "CA of another tool, for clients", data: encodeState(t, state{signer: limited["clients"]}, nil).Data, keep: limited["clients"]},
		{name: "CA of another tool, not for signing", data: encodeState(t, state{signer: limited["no signing"]}, nil).Data, keep: limited["no signing"]},
		{name: "keys of OpenKruise", data: map[string][]byte{"ca-cert.pem": encodeCertificate(good.cert)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, clock.RealClock{})
			secret := state{}
			object := untypedSecret(t, encodeState(t, secret, nil))
			for key, value := range test.data {
				setData(t, object, key, value)
			}
			w.put(secretPath, object.Object)
			for range 5 {
				w.start(SelfManagedOptions{})
			}
			w.eventually("healthy", func() error { return errors.Join(w.healthy(), w.call()) })
			if n := w.writesTo(secretPath); n != 1 {
				t.Errorf("the secret was written %d times, want once", n)
			}
			s := w.secretState()
			if !s.signer.usable(time.Now()) || s.trusts(expired.cert) {
				t.Errorf("the secret holds %v", describe(s))
			}
			if test.keep != nil && !s.trusts(test.keep.cert) {
				t.Error("leaves of the damaged CA are not trusted any more")
			}
			if stored := typedSecret(t, w.get(secretPath)); string(stored.Data["ca-cert.pem"]) != string(test.data["ca-cert.pem"]) {
				t.Error("a key that is not ours was changed")
			}
		})
	}
}

func TestSecretAtRunTime(t *testing.T) {
	other, unfit := makeAuthority(t, time.Now(), DefaultCALifetime), foreignAuthority(t, forOtherNames)
	tests := []struct {
		name    string
		change  func(w *world)
		newCA   bool
		trusted int // authorities in the end
	}{
		{name: "SV-12 deleted", change: func(w *world) { w.remove(secretPath) }, trusted: 1},
		{name: "emptied, as GitOps tools do", trusted: 1, change: func(w *world) {
			w.edit(secretPath, func(object *unstructured.Unstructured) { delete(object.Object, "data") })
		}},
		{name: "key damaged", trusted: 1, change: func(w *world) {
			w.edit(secretPath, func(object *unstructured.Unstructured) { setData(t, object, signerKeyKey, []byte("x")) })
		}},
		{name: "replaced by a CA that is for other names", trusted: 2, change: func(w *world) {
			w.put(secretPath, untypedSecret(t, encodeState(t, state{signer: unfit}, nil)).Object)
		}},
		{name: "the next CA is for other names", trusted: 1, change: func(w *world) {
			w.put(secretPath, untypedSecret(t, encodeState(t, state{signer: w.secretState().signer, next: unfit}, nil)).Object)
		}},
		{name: "replaced by another CA", newCA: true, trusted: 2, change: func(w *world) {
			w.put(secretPath, untypedSecret(t, encodeState(t, state{signer: other}, nil)).Object)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, clock.RealClock{})
			for range 3 {
				w.start(SelfManagedOptions{Settle: 3 * time.Second})
			}
			w.eventually("healthy", w.healthy)
			before, changed := w.secretState(), make(chan struct{})
			failed := w.callUntil(changed)
			test.change(w)
			w.eventually("healed", func() error {
				after := w.secretState()
				if !after.signer.usable(time.Now()) || len(after.trusted()) != test.trusted {
					return fmt.Errorf("the secret holds %v", describe(after))
				}
				for _, r := range w.running() {
					if !r.serving.Load().issuer.Equal(after.signer.cert) {
						return errors.New("a replica serves a leaf of another CA")
					}
				}
				return w.healthy()
			})
			close(changed)
			if err := <-failed; err != nil {
				t.Errorf("a call failed: %v", err)
			}
			if same := w.secretState().signer.cert.Equal(before.signer.cert); same == test.newCA {
				t.Errorf("same CA: %v", same)
			}
		})
	}
}

func TestR05OverwrittenCABundleIsRepaired(t *testing.T) {
	stale := makeAuthority(t, time.Now(), time.Hour)
	for name, bundle := range map[string]string{
		"emptied":             "",
		"chart applied again": "Cg==",
		"plausible but stale": base64Of(encodeCertificate(stale.cert)),
		"nonsense":            "not base64",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, clock.RealClock{})
			for range 3 {
				w.start(SelfManagedOptions{})
			}
			w.eventually("healthy", w.healthy)
			secretWrites := w.writesTo(secretPath)
			for _, path := range []string{mutatingPath, validatingPath} {
				w.edit(path, setBundles(bundle))
			}
			w.eventually("repaired", w.healthy)
			if got := w.get(mutatingPath).Object["webhooks"].([]any)[1].(map[string]any)["clientConfig"].(map[string]any)["caBundle"]; got != bundle {
				t.Errorf("the foreign entry was changed to %q", got)
			}
			if w.writesTo(secretPath) != secretWrites {
				t.Error("the secret was written")
			}
		})
	}
}

// TestMissingConfigurationIsWaitedForAndNeverCreated also shows the order of an installation: a replica is healthy
// first, and the configuration that makes API servers call it comes after.
func TestMissingConfigurationIsWaitedForAndNeverCreated(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.remove(validatingPath)
	w.remove(mutatingPath)
	r := w.start(SelfManagedOptions{})
	w.eventually("healthy without configurations", r.Healthy)
	for _, path := range []string{validatingPath, mutatingPath} {
		if w.get(path) != nil {
			t.Errorf("%s was created", path)
		}
		w.put(path, originals(t)[path].Object)
	}
	w.eventually("healthy with them", w.healthy)
	w.remove(mutatingPath)
	w.eventually("healthy without one again", r.Healthy)
	if w.get(mutatingPath) != nil {
		t.Error("a configuration was created again")
	}
}

func TestHealthySaysWhy(t *testing.T) {
	refuse := func(method, prefix string) func(*world) {
		return func(w *world) {
			w.setRefuse(func(m, path string) int {
				if m == method && strings.HasPrefix(path, prefix) {
					return http.StatusForbidden
				}
				return 0
			})
		}
	}
	tests := []struct {
		name    string
		prepare func(*world)
		want    []string
	}{
		{"secret must not be read", refuse(http.MethodGet, "/api/v1/"), []string{"there is no serving certificate yet", "read CA secret kruise-system/kruise-admission-ca", "Forbidden"}},
		{"secret must not be written", refuse(http.MethodPost, "/api/v1/"), []string{"there is no serving certificate yet", "write CA secret kruise-system/kruise-admission-ca", "Forbidden"}},
		{"configurations must not be listed", refuse(http.MethodGet, "/apis/admission"), []string{`mutatingwebhookconfiguration "kruise-admission" cannot be watched`, "Forbidden"}},
		{"configuration must not be patched", refuse(http.MethodPatch, mutatingPath), []string{`mutatingwebhookconfiguration "kruise-admission": webhook "mpod.kb.io": its caBundle is empty`, "publish the CA bundle", "Forbidden"}},
		{"no entry is ours", func(w *world) {
			w.edit(mutatingPath, func(object *unstructured.Unstructured) {
				object.Object["webhooks"] = object.Object["webhooks"].([]any)[1:2]
			})
		}, []string{`mutatingwebhookconfiguration "kruise-admission" has no webhook that calls service kruise-admission in namespace kruise-system`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, clock.RealClock{})
			before := w.get(mutatingPath)
			test.prepare(w)
			r := w.start(SelfManagedOptions{})
			w.eventually("reported", func() error {
				err := r.Healthy()
				for _, want := range test.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						return fmt.Errorf("healthy says %v, not %q", err, want)
					}
				}
				return nil
			})
			w.setRefuse(nil)
			w.put(mutatingPath, before.Object)
			w.eventually("healthy once the fault is gone", w.healthy)
		})
	}
}

func TestSelfManagedOptions(t *testing.T) {
	tests := []struct {
		name    string
		options SelfManagedOptions
		fault   string
	}{
		{"defaults", SelfManagedOptions{Identity: self}, ""},
		{"short but sane", SelfManagedOptions{Identity: self, LeafLifetime: time.Second, Settle: time.Second, CALifetime: 6 * time.Second}, ""},
		{"no identity", SelfManagedOptions{}, "service name"},
		{"negative", SelfManagedOptions{Identity: self, LeafLifetime: -1}, "leaf lifetime -1ns is too short"},
		{"CA too short", SelfManagedOptions{Identity: self, CALifetime: 14 * 24 * time.Hour}, "CA lifetime 336h0m0s is too short for leaf lifetime 168h0m0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := NewSelfManaged(nil, nil, test.options)
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
		})
	}
}
