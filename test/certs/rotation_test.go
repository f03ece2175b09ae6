package certs

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

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

func TestConversionWebhookGetsTheBundle(t *testing.T) {
	const ours, foreign, without = "ours.certs.example.com", "foreign.certs.example.com", "without.certs.example.com"
	s := newSite(t, ours, foreign, without, "absent.certs.example.com")
	s.configure(1)
	s.createCRD("ours", map[string]any{"name": service, "namespace": s.namespace, "path": "/convert"})
	s.createCRD("foreign", map[string]any{"name": "other", "namespace": s.namespace, "path": "/convert"})
	s.createCRD("without", nil)
	source := s.source(certs.SelfManagedOptions{})
	s.eventuallyHealthy(source)
	caBundle := func(name string) string {
		text, _, err := unstructured.NestedString(s.read(crdResource, name).Object, "spec", "conversion", "webhook", "clientConfig", "caBundle")
		s.must(err)
		return text
	}
	controlplane.Eventually(t, "the bundle is in the CRD", func(context.Context) error {
		bundle, err := base64.StdEncoding.DecodeString(caBundle(ours))
		if err != nil || !bytes.Equal(bundle, s.secret().Data["signer.crt"]) {
			return errors.New("not yet")
		}
		return nil
	})
	if caBundle(foreign) != "" || caBundle(without) != "" {
		t.Error("a CRD that does not mean us was written")
	}
}

func (s *site) createCRD(plural string, conversion map[string]any) {
	s.t.Helper()
	schema := map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
	spec := map[string]any{
		"group": "certs.example.com", "scope": "Namespaced",
		"names": map[string]any{"plural": plural, "singular": plural, "kind": "K" + plural, "listKind": "K" + plural + "List"},
		"versions": []any{
			map[string]any{"name": "v1", "served": true, "storage": true, "schema": schema},
			map[string]any{"name": "v2", "served": true, "storage": false, "schema": schema},
		},
	}
	if conversion != nil {
		spec["conversion"] = map[string]any{"strategy": "Webhook", "webhook": map[string]any{
			"conversionReviewVersions": []any{"v1"}, "clientConfig": map[string]any{"service": conversion},
		}}
	}
	crd := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	crd.SetAPIVersion("apiextensions.k8s.io/v1")
	crd.SetKind("CustomResourceDefinition")
	crd.SetName(plural + ".certs.example.com")
	_, err := s.untyped.Resource(crdResource).Create(s.t.Context(), crd, metav1.CreateOptions{})
	s.must(err)
	s.t.Cleanup(func() {
		s.gone(s.untyped.Resource(crdResource).Delete(context.Background(), crd.GetName(), metav1.DeleteOptions{}))
	})
}
