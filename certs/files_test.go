package certs

import (
	"context"
	"crypto"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

// pair is what somebody puts on disk.
type pair struct {
	cert, key []byte
	serial    string
}

func makePair(t *testing.T, now time.Time, lifetime time.Duration) pair {
	t.Helper()
	l, err := newLeaf(makeAuthority(t, now, lifetime), self, now, lifetime)
	if err != nil {
		t.Fatal(err)
	}
	return pair{
		cert:   encodeCertificate(l.certificate.Leaf),
		key:    encodedKey(t, &authority{key: l.certificate.PrivateKey.(crypto.Signer)}),
		serial: l.certificate.Leaf.SerialNumber.Text(16),
	}
}

func (p pair) write(t *testing.T, folder string) {
	t.Helper()
	for name, data := range map[string][]byte{"tls.crt": p.cert, "tls.key": p.key} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// project lays p out as a kubelet does: the files are links through ..data, which is swapped in one step.
func (p pair) project(t *testing.T, folder, version string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(folder, version), 0o700); err != nil {
		t.Fatal(err)
	}
	p.write(t, filepath.Join(folder, version))
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(version, filepath.Join(folder, "..data_tmp")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")); err != nil {
		t.Fatal(err)
	}
}

func startFiles(t *testing.T, folder string, clock clock.Clock) *Files {
	t.Helper()
	f, err := NewFiles(FilesOptions{CertFile: filepath.Join(folder, "tls.crt"), KeyFile: filepath.Join(folder, "tls.key"), Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return f
}

func eventually(t *testing.T, what string, answer func() error) {
	t.Helper()
	(&world{t: t}).eventually(what, answer)
}

// serves says whether f serves p.
func serves(f *Files, p pair) func() error {
	return func() error {
		certificate, err := f.GetCertificate(nil)
		if err != nil {
			return err
		}
		if got := certificate.Leaf.SerialNumber.Text(16); got != p.serial {
			return fmt.Errorf("serves %s, want %s", got, p.serial)
		}
		return nil
	}
}

// The clock of these tests stands still, so only events of the file system can bring the change.
func TestFilesHotReload(t *testing.T) {
	first, second := makePair(t, start, time.Hour), makePair(t, start, time.Hour)
	tests := []struct {
		name          string
		before, after func(folder string)
	}{
		{"files written in place", func(f string) { first.write(t, f) }, func(f string) { second.write(t, f) }},
		{"projected volume", func(f string) { first.project(t, f, "..1") }, func(f string) { second.project(t, f, "..2") }},
		{"files renamed into place", func(f string) { first.write(t, f) }, func(f string) {
			elsewhere := t.TempDir()
			second.write(t, elsewhere)
			for _, name := range []string{"tls.key", "tls.crt"} {
				if err := os.Rename(filepath.Join(elsewhere, name), filepath.Join(f, name)); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"R-12 volume filled later", func(string) {}, func(f string) { second.project(t, f, "..1") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder, clock := t.TempDir(), clocktesting.NewFakeClock(start)
			test.before(folder)
			f := startFiles(t, folder, clock)
			// A waiter says that the folder is watched.
			eventually(t, "running", func() error {
				if !clock.HasWaiters() {
					return fmt.Errorf("not yet")
				}
				return nil
			})
			test.after(folder)
			eventually(t, "reloaded", serves(f, second))
			eventually(t, "healthy", f.Healthy)
		})
	}
}

func TestFilesAreReadAgainWithoutEvents(t *testing.T) {
	first, second := makePair(t, start, time.Hour), makePair(t, start, time.Hour)
	folder, elsewhere, clock := t.TempDir(), t.TempDir(), clocktesting.NewFakeClock(start)
	first.write(t, elsewhere)
	for _, name := range []string{"tls.crt", "tls.key"} {
		if err := os.Symlink(filepath.Join(elsewhere, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	f := startFiles(t, folder, clock)
	eventually(t, "first", serves(f, first))
	second.write(t, elsewhere)
	eventually(t, "second", func() error {
		clock.Step(time.Second)
		return serves(f, second)()
	})
}

func TestFilesKeepTheLastGoodPair(t *testing.T) {
	good, other := makePair(t, start, time.Hour), makePair(t, start, time.Hour)
	expired := makePair(t, start.Add(-3*time.Hour), time.Hour)
	tests := []struct {
		name  string
		bad   pair
		fault []string
	}{
		{"key of another certificate", pair{cert: good.cert, key: other.key}, []string{"tls.crt", "tls.key", "private key does not match"}},
		{"certificate is not PEM", pair{cert: []byte("x"), key: good.key}, []string{"tls.crt", "certificate"}},
		{"key is not PEM", pair{cert: good.cert, key: []byte("x")}, []string{"tls.key", "key input"}},
		{"both are empty", pair{}, []string{"tls.crt"}},
		{"expired", expired, []string{"tls.crt", "the certificate expired at 2026-11-20T07:00:00Z; renew it"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder, clock := t.TempDir(), clocktesting.NewFakeClock(start)
			good.write(t, folder)
			f, err := NewFiles(FilesOptions{CertFile: filepath.Join(folder, "tls.crt"), KeyFile: filepath.Join(folder, "tls.key"), Clock: clock})
			if err != nil {
				t.Fatal(err)
			}
			test.bad.write(t, folder)
			f.reload(t.Context())
			if err := serves(f, good)(); err != nil {
				t.Error(err)
			}
			if err := f.Healthy(); err != nil {
				t.Errorf("a good certificate is in use, but %v", err)
			}
			clock.Step(2 * time.Hour)
			got := f.Healthy()
			for _, want := range append(test.fault, "the certificate expired at 2026-11-20T10:00:00Z") {
				if got == nil || !strings.Contains(got.Error(), want) {
					t.Errorf("after it has expired healthy says %v, not %q", got, want)
				}
			}
			makePair(t, clock.Now(), time.Hour).write(t, folder)
			f.reload(t.Context())
			if err := f.Healthy(); err != nil {
				t.Errorf("after repair: %v", err)
			}
		})
	}
}

// brokenClock panics when it is asked for the time, while it is broken.
type brokenClock struct {
	clock.Clock
	broken atomic.Bool
}

func (c *brokenClock) Now() time.Time {
	if c.broken.Load() {
		panic("mistake")
	}
	return c.Clock.Now()
}

// Files over which the reading panics cannot be used, and the pair before them stays in use.
func TestFilesAreReadAgainAfterAPanic(t *testing.T) {
	panics.Expect(t)
	folder := t.TempDir()
	first, second := makePair(t, time.Now(), time.Hour), makePair(t, time.Now(), time.Hour)
	first.write(t, folder)
	clock := &brokenClock{Clock: clock.RealClock{}}
	f := startFiles(t, folder, clock)
	eventually(t, "serving", serves(f, first))
	clock.broken.Store(true)
	before := survive.Count()
	second.write(t, folder)
	eventually(t, "a panic", func() error {
		if survive.Count() == before {
			return fmt.Errorf("not yet")
		}
		return serves(f, first)()
	})
	clock.broken.Store(false)
	second.write(t, folder)
	eventually(t, "reloaded", serves(f, second))
}

func TestFilesAtStart(t *testing.T) {
	good, expired := makePair(t, start, time.Hour), makePair(t, start.Add(-3*time.Hour), time.Hour)
	early := makePair(t, start.Add(backdate+2*time.Hour), time.Hour)
	tests := []struct {
		name  string
		pair  *pair
		fault string
	}{
		{"good", &good, ""},
		{"missing", nil, "does not exist: the Secret behind it has not been issued yet"},
		{"expired: served, so that clients see why", &expired, "the certificate expired at 2026-11-20T07:00:00Z"},
		{"not valid yet", &early, "the certificate is not valid before 2026-11-20T11:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			folder := t.TempDir()
			if test.pair != nil {
				test.pair.write(t, folder)
			}
			f, err := NewFiles(FilesOptions{CertFile: filepath.Join(folder, "tls.crt"), KeyFile: filepath.Join(folder, "tls.key"), Clock: clocktesting.NewFakeClock(start)})
			if err != nil {
				t.Fatal(err)
			}
			err = f.Healthy()
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("healthy says %v, want %q", err, test.fault)
			}
			if _, err := f.GetCertificate(nil); (err == nil) != (test.pair != nil) {
				t.Errorf("certificate: %v", err)
			}
		})
	}
	if _, err := NewFiles(FilesOptions{CertFile: "x"}); err == nil || !strings.Contains(err.Error(), `key file ""`) {
		t.Errorf("a key file that is not given: %v", err)
	}
}

func TestFilesAreHealthyOnlyIfWhatIsPublishedFits(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.start(SelfManagedOptions{})
	w.eventually("somebody else publishes another CA", w.healthy)
	_, untyped := w.clients()
	configurations, err := NewConfigurations(untyped, ConfigurationsOptions{Identity: self, Validating: []string{"kruise-admission"}})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	makePair(t, time.Now(), time.Hour).write(t, folder)
	f, err := NewFiles(FilesOptions{CertFile: filepath.Join(folder, "tls.crt"), KeyFile: filepath.Join(folder, "tls.key"), Configurations: configurations})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	w.eventually("reported", func() error {
		const want = `validatingwebhookconfiguration "kruise-admission": webhook "vpod.kb.io": its caBundle does not verify the serving certificate`
		if err := f.Healthy(); err == nil || !strings.Contains(err.Error(), want) {
			return fmt.Errorf("healthy says %v", err)
		}
		return nil
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
