package certs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clocktesting "k8s.io/utils/clock/testing"
)

// advance lets time pass step by step. Before each step every replica has seen everything and waits for the clock, as
// it would in a world where minutes are long compared to passes and watches.
func (w *world) advance(total, step time.Duration, check func()) {
	w.t.Helper()
	for passed := time.Duration(0); passed < total; passed += step {
		w.fake.Step(step)
		w.idle()
		check()
	}
}

func (w *world) idle() {
	w.t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for quiet := 0; quiet < 2; {
		if time.Now().After(deadline) {
			w.t.Fatal("replicas do not come to rest")
		}
		if quiet++; !w.resting() {
			quiet = 0
		}
		time.Sleep(200 * time.Microsecond)
	}
}

// resting says whether every replica knows the configurations as they are, and waits.
func (w *world) resting() bool {
	for _, r := range w.running() {
		if len(r.wakeUp) > 0 || len(r.configurations.changed) > 0 {
			return false
		}
		for _, o := range r.configurations.observe().objects {
			object := w.get("/apis/" + o.target.resource.Group + "/v1/" + o.target.resource.Resource + "/" + o.target.name)
			if o.exists != (object != nil) || o.exists && o.resourceVersion != object.GetResourceVersion() {
				return false
			}
		}
	}
	return w.fake.Waiters() == len(w.running())
}

func TestLeafIsRenewedWithoutAnybodyNoticing(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	for range 3 {
		w.start(SelfManagedOptions{LeafLifetime: 90 * time.Hour})
	}
	w.eventually("healthy", w.healthy)
	first := map[*replica]string{}
	for _, r := range w.running() {
		first[r] = w.serial(r)
	}
	writes := w.allWrites()

	w.advance(50*time.Hour, time.Hour, func() {})
	for r, serial := range first {
		if w.serial(r) != serial {
			t.Error("renewed long before two thirds of its life")
		}
	}
	w.advance(11*time.Hour, time.Hour, func() {})
	w.eventually("renewed", func() error {
		for r, serial := range first {
			if w.serial(r) == serial {
				return errors.New("a replica serves its first certificate")
			}
		}
		return w.healthy()
	})
	if err := w.call(); err != nil {
		t.Error(err)
	}
	if after := w.allWrites(); len(after) != len(writes) {
		t.Errorf("renewal wrote %v", after[len(writes):])
	}
}

func TestLeafSurvivesAnAPIServerThatIsAway(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	r := w.start(SelfManagedOptions{LeafLifetime: 90 * time.Hour})
	w.eventually("healthy", w.healthy)
	first := w.serial(r)
	w.setRefuse(func(string, string) int { return http.StatusInternalServerError })
	w.advance(80*time.Hour, time.Minute*20, func() {})
	if w.serial(r) != first {
		t.Error("signed a certificate without asking whether its CA still is the signer")
	}
	if err := r.Healthy(); err != nil {
		t.Errorf("the certificate is good for ten hours more, but %v", err)
	}
	w.setRefuse(nil)
	w.eventually("renewed", func() error {
		if w.serial(r) == first {
			return errors.New("not renewed")
		}
		return w.healthy()
	})
}

// TestR04RotationLosesNoCall rotates again and again. At every write of a configuration, and at every step of the
// clock, every replica must be accepted by what is published. Replicas crash and start at every phase. (test/certs
// does it with a real API server that calls.)
func TestR04RotationLosesNoCall(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	options := SelfManagedOptions{LeafLifetime: time.Hour, Settle: time.Minute, CALifetime: 24 * time.Hour}
	for range 3 {
		w.start(options)
	}
	w.eventually("healthy", func() error { return errors.Join(w.healthy(), w.call()) })
	w.onWrite(func(path string, object *unstructured.Unstructured) {
		configs, _ := clientConfigs(object, self)
		for _, r := range w.running() {
			serving := r.serving.Load()
			for _, config := range configs {
				if err := config.verify(serving.certificate, w.clock.Now()); err != nil {
					t.Errorf("%s: %s: %v", path, config.where, err)
				}
			}
		}
	})
	accepted := func() {
		if err := w.call(); err != nil {
			t.Error(err)
		}
	}
	signer := w.secretState().signer
	for round := range 4 {
		// Crash one replica at another moment of each round, and start another in its place.
		crashAt, step := time.Duration(round*18)*time.Second, time.Duration(0)
		w.edit(secretPath, func(object *unstructured.Unstructured) {
			object.SetAnnotations(map[string]string{RotateAnnotation: "test"})
		})
		w.eventually("a next CA is made", func() error {
			if s := w.secretState(); s.next == nil || s.rotate {
				return fmt.Errorf("secret holds %v", describe(s))
			}
			return nil
		})
		w.advance(3*time.Minute, 6*time.Second, func() {
			if step += 6 * time.Second; step == crashAt {
				w.running()[0].stop()
				r := w.start(options)
				w.eventually("the new replica is healthy", r.Healthy)
			}
			accepted()
		})
		after := w.secretState()
		if after.next != nil || after.signer.cert.Equal(signer.cert) || !after.trusts(signer.cert) {
			t.Fatalf("round %d: the secret holds %v", round, describe(after))
		}
		w.eventually("replicas follow", func() error {
			for _, r := range w.running() {
				if !r.serving.Load().issuer.Equal(after.signer.cert) {
					return errors.New("a replica still serves a certificate of the old CA")
				}
			}
			return nil
		})
		signer = after.signer
		w.advance(70*time.Minute, 5*time.Minute, accepted)
		if after := w.secretState(); len(after.retired) > 0 {
			t.Errorf("round %d: the last leaf has expired, but the secret holds %v", round, describe(after))
		}
		w.eventually("healthy", w.healthy)
	}
}

func TestRotationWaitsForEveryConfiguration(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	r := w.start(SelfManagedOptions{})
	w.eventually("healthy", w.healthy)
	before := w.secretState()
	w.setRefuse(func(method, path string) int {
		if method == http.MethodPatch && path == validatingPath {
			return http.StatusForbidden
		}
		return 0
	})
	w.edit(secretPath, func(object *unstructured.Unstructured) {
		object.SetAnnotations(map[string]string{RotateAnnotation: "test"})
	})
	w.eventually("published where it can be", func() error {
		want := string(w.secretState().bundle())
		if got := w.published()[mutatingPath][0]; w.secretState().next == nil || got != want {
			return errors.New("not yet")
		}
		return nil
	})
	w.advance(time.Hour, time.Minute, func() {})
	if s := w.secretState(); !s.signer.cert.Equal(before.signer.cert) || s.next == nil {
		t.Errorf("switched although one configuration does not trust the new CA: %v", describe(s))
	}
	if err := r.Healthy(); err != nil {
		t.Errorf("the old CA is trusted everywhere, but %v", err)
	}
	w.setRefuse(nil)
	w.eventually("published everywhere", w.healthy)
	w.advance(2*DefaultSettle, 5*time.Second, func() {})
	if s := w.secretState(); s.signer.cert.Equal(before.signer.cert) || !r.serving.Load().issuer.Equal(s.signer.cert) {
		t.Errorf("not switched: %v", describe(s))
	}
}

func TestCARotatesByItself(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	w.start(SelfManagedOptions{})
	w.eventually("healthy", w.healthy)
	first := w.secretState().signer
	const day = 24 * time.Hour
	w.advance(240*day, 12*time.Hour, func() {})
	if s := w.secretState(); !s.signer.cert.Equal(first.cert) || s.next != nil {
		t.Errorf("rotated long before two thirds of its life: %v", describe(s))
	}
	w.advance(15*day, 6*time.Hour, func() {
		if err := w.call(); err != nil {
			t.Error(err)
		}
	})
	if s := w.secretState(); s.signer.cert.Equal(first.cert) || len(s.trusted()) != 1 {
		t.Errorf("did not rotate: %v", describe(s))
	}
}

// TestCAOfAClockThatIsAhead: a replica whose clock is days ahead has made the CA anew. Callers refuse what that signs before its time has come, so
// replicas go on serving what they have, and change over then.
func TestCAOfAClockThatIsAhead(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	for range 2 {
		w.start(SelfManagedOptions{})
	}
	w.eventually("healthy", w.healthy)
	ahead := makeAuthority(t, start.Add(3*24*time.Hour), DefaultCALifetime)
	w.put(secretPath, untypedSecret(t, encodeState(t, state{signer: ahead}, nil)).Object)
	w.eventually("published", w.healthy)
	serveItsLeaves := func() (n int) {
		for _, r := range w.running() {
			if r.serving.Load().issuer.Equal(ahead.cert) {
				n++
			}
		}
		return n
	}
	call := func() {
		if err := w.call(); err != nil {
			t.Error(err)
		}
	}
	w.advance(47*time.Hour, 30*time.Minute, call)
	if n := serveItsLeaves(); n > 0 {
		t.Errorf("%d replicas serve what nobody accepts yet", n)
	}
	w.advance(2*time.Hour, 5*time.Minute, call)
	if n := serveItsLeaves(); n != 2 {
		t.Errorf("%d replicas have changed over, want 2", n)
	}
}

// TestFightIsBounded: somebody undoes every write at once. The clock stands still, so only the budget limits us.
func TestFightIsBounded(t *testing.T) {
	w := newWorld(t, clocktesting.NewFakeClock(start))
	w.onWrite(func(path string, object *unstructured.Unstructured) {
		if configs, _ := clientConfigs(object, self); path == mutatingPath && string(configs[0].caBundle) != "\n" {
			go w.edit(path, setBundles("Cg=="))
		}
	})
	r := w.start(SelfManagedOptions{})
	w.fake = nil
	w.eventually("reported", func() error {
		// Not Healthy, which has patience: between two writes of the other side all is well, and this clock stands still.
		if problem := r.problem.Load(); problem == nil || !strings.Contains((*problem).Error(), "somebody keeps changing its caBundle") {
			return errors.New("no such problem")
		}
		return nil
	})
	if n := w.writesTo(mutatingPath); n > 10 {
		t.Errorf("%d writes, want at most 10", n)
	}
}
