package certs

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestR04RotationsUnderCalls: two replicas, both called by the API server at every write, each call by a handshake of
// its own; the CA is rotated again and again, and no call fails.
func TestR04RotationsUnderCalls(t *testing.T) {
	s := newSite(t)
	options := certs.SelfManagedOptions{LeafLifetime: 30 * time.Second, Settle: 5 * time.Second, CALifetime: time.Hour}
	sources := []*certs.SelfManaged{s.source(options), s.source(options)}
	ports := []int32{s.serve(sources[0]), s.serve(sources[1])}
	_, err := controlplane.ServiceToLoopback(t.Context(), s.admin, s.namespace, service, ports[0])
	s.must(err)
	s.configure(ports...)
	s.eventuallyHealthy(sources...)
	controlplane.Eventually(t, "the API server calls both", s.call)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var calls atomic.Int64
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for ctx.Err() == nil {
			if err := s.call(ctx); err != nil && ctx.Err() == nil {
				failed <- err
				return
			}
			calls.Add(1)
		}
	}()
	for range 3 {
		before := calls.Load()
		s.rotate()
		if calls.Load() == before {
			t.Error("no call during a rotation: the test shows nothing")
		}
	}
	s.eventuallyHealthy(sources...)
	stop()
	if err := <-failed; err != nil {
		t.Errorf("after %d calls one failed: %v", calls.Load(), err)
	}
	t.Logf("%d calls during 3 rotations", calls.Load())
}

// TestR05OverwrittenBundleIsRepaired: what an installer that is run again does.
func TestR05OverwrittenBundleIsRepaired(t *testing.T) {
	s := newSite(t)
	s.configure(1)
	sources := []*certs.SelfManaged{s.source(certs.SelfManagedOptions{}), s.source(certs.SelfManagedOptions{}), s.source(certs.SelfManagedOptions{})}
	s.eventuallyHealthy(sources...)
	want := s.secret().Data["signer.crt"]
	registration := s.admin.AdmissionregistrationV1().MutatingWebhookConfigurations()
	published, err := registration.Get(t.Context(), s.namespace, metav1.GetOptions{})
	s.must(err)
	if got := published.Webhooks[0].ClientConfig.CABundle; !bytes.Equal(got, want) {
		t.Fatalf("the bundle is %s, want %s", got, want)
	}
	for name, bundle := range map[string][]byte{"removed": nil, "plausible but stale": s.cluster.RESTConfig().CAData} {
		overwritten, err := controlplane.Change(t.Context(), registration, s.namespace, func(mutating *registrationv1.MutatingWebhookConfiguration) {
			mutating.Webhooks[0].ClientConfig.CABundle = bundle
		})
		s.must(err)
		controlplane.Eventually(t, name+": repaired", func(ctx context.Context) error {
			repaired, err := registration.Get(ctx, s.namespace, metav1.GetOptions{})
			if err != nil {
				return err
			}
			if !bytes.Equal(repaired.Webhooks[0].ClientConfig.CABundle, want) {
				return errors.New("not repaired")
			}
			if repaired.Generation != overwritten.Generation+1 {
				t.Errorf("%s: several replicas wrote: generation %d after %d", name, repaired.Generation, overwritten.Generation)
			}
			return nil
		})
	}
}
