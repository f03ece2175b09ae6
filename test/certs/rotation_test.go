package certs

import (
	"context"
	"encoding/base64"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestR04RotationsUnderCalls: two replicas, both called by the API server at every write, each call by a handshake of
// its own; the CA is rotated again and again, and no call fails.
func TestR04RotationsUnderCalls(t *testing.T) {
	s := newSite(t)
	options := certs.SelfManagedOptions{LeafLifetime: 30 * time.Second, Settle: 3 * time.Second, CALifetime: time.Hour}
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
	want := base64.StdEncoding.EncodeToString(s.secret().Data["signer.crt"])
	stale := base64.StdEncoding.EncodeToString(s.cluster.RESTConfig().CAData)
	object := s.read(mutatingResource, s.namespace)
	clientConfig := object.Object["webhooks"].([]any)[0].(map[string]any)["clientConfig"].(map[string]any)
	if clientConfig["caBundle"] != want {
		t.Fatalf("the bundle is %v, want %s", clientConfig["caBundle"], want)
	}
	for name, bundle := range map[string]string{"removed": "", "plausible but stale": stale} {
		clientConfig["caBundle"] = bundle
		object.SetResourceVersion(s.read(mutatingResource, s.namespace).GetResourceVersion())
		overwritten, err := s.untyped.Resource(mutatingResource).Update(t.Context(), object, metav1.UpdateOptions{FieldManager: "installer"})
		s.must(err)
		controlplane.Eventually(t, name+": repaired", func(context.Context) error {
			repaired := s.read(mutatingResource, s.namespace)
			got := repaired.Object["webhooks"].([]any)[0].(map[string]any)["clientConfig"].(map[string]any)
			if got["caBundle"] != want {
				return errors.New("not repaired")
			}
			if repaired.GetGeneration() != overwritten.GetGeneration()+1 {
				t.Errorf("%s: several replicas wrote: generation %d after %d", name, repaired.GetGeneration(), overwritten.GetGeneration())
			}
			return nil
		})
	}
}
