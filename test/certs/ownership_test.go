package certs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// entries makes the configuration that a GitOps tool applies.
func (s *site) entries(names ...string) *unstructured.Unstructured {
	var webhooks []any
	for _, name := range names {
		webhooks = append(webhooks, map[string]any{
			"name": name, "sideEffects": "None", "admissionReviewVersions": []any{"v1"},
			"clientConfig": map[string]any{"service": map[string]any{"name": service, "namespace": s.namespace}},
		})
	}
	return s.mutating(webhooks)
}

func (s *site) mutating(webhooks []any) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{"webhooks": webhooks}}
	object.SetAPIVersion("admissionregistration.k8s.io/v1")
	object.SetKind("MutatingWebhookConfiguration")
	object.SetName(s.namespace)
	return object
}

func (s *site) apply(object *unstructured.Unstructured, manager string) error {
	_, err := s.untyped.Resource(mutatingResource).Apply(s.t.Context(), object.GetName(), object, metav1.ApplyOptions{FieldManager: manager})
	return err
}

// owned returns the fields of one manager.
func owned(t *testing.T, object *unstructured.Unstructured, manager string) map[string]any {
	t.Helper()
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == manager {
			var fields map[string]any
			if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields); err != nil {
				t.Fatal(err)
			}
			return fields
		}
	}
	return nil
}

func TestOnlyCABundlesAreOwned(t *testing.T) {
	s := newSite(t)
	s.removeConfigurationsAtEnd()
	s.must(s.apply(s.entries("a.example.com", "b.example.com"), "flux"))
	_, err := s.admin.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(),
		&registrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}, metav1.CreateOptions{})
	s.must(err)
	s.eventuallyHealthy(s.source(certs.SelfManagedOptions{}))

	bundle := map[string]any{"f:clientConfig": map[string]any{"f:caBundle": map[string]any{}}}
	want := map[string]any{"f:webhooks": map[string]any{`k:{"name":"a.example.com"}`: bundle, `k:{"name":"b.example.com"}`: bundle}}
	if diff := cmp.Diff(want, owned(t, s.read(mutatingResource, s.namespace), certs.FieldManager)); diff != "" {
		t.Error(diff)
	}

	// The GitOps tool applies the same again: nothing happens, and nothing is in conflict.
	version := s.read(mutatingResource, s.namespace).GetResourceVersion()
	s.must(s.apply(s.entries("a.example.com", "b.example.com"), "flux"))
	if again := s.read(mutatingResource, s.namespace).GetResourceVersion(); again != version {
		t.Errorf("applying the same again changed the object from %s to %s", version, again)
	}

	// It drops an entry, and brings another: both come out as it wants.
	s.must(s.apply(s.entries("a.example.com", "c.example.com"), "flux"))
	controlplane.Eventually(t, "the new entry has a bundle", func(context.Context) error {
		webhooks, _, _ := unstructured.NestedSlice(s.read(mutatingResource, s.namespace).Object, "webhooks")
		if len(webhooks) != 2 {
			t.Fatalf("%d entries, want 2", len(webhooks))
		}
		for _, webhook := range webhooks {
			if text, _, _ := unstructured.NestedString(webhook.(map[string]any), "clientConfig", "caBundle"); text == "" {
				return errors.New("no bundle")
			}
		}
		return nil
	})
}

// TestServerSideApplyWouldPinEntries records why caBundle fields are patched and not applied: with the API server's
// own merge rules an entry could not be removed any more, by force neither. When this test fails, Kubernetes has changed, and
// certs/cabundle.go may as well.
func TestServerSideApplyWouldPinEntries(t *testing.T) {
	s := newSite(t)
	s.removeConfigurationsAtEnd()
	s.must(s.apply(s.entries("a.example.com", "b.example.com"), "flux"))
	// The API server refuses a bundle that is no certificate; this one is.
	bundle := map[string]any{"caBundle": base64.StdEncoding.EncodeToString(s.cluster.RESTConfig().CAData)}
	hooks := []any{
		map[string]any{"name": "a.example.com", "clientConfig": bundle},
		map[string]any{"name": "b.example.com", "clientConfig": bundle},
	}
	s.must(s.apply(s.mutating(hooks), "certs-by-apply"))
	fields := map[string]any{".": map[string]any{}, "f:name": map[string]any{}, "f:clientConfig": map[string]any{"f:caBundle": map[string]any{}}}
	want := map[string]any{"f:webhooks": map[string]any{`k:{"name":"a.example.com"}`: fields, `k:{"name":"b.example.com"}`: fields}}
	if diff := cmp.Diff(want, owned(t, s.read(mutatingResource, s.namespace), "certs-by-apply")); diff != "" {
		t.Errorf("an apply owns the entries, too; (-want +got):\n%s", diff)
	}
	for _, force := range []bool{false, true} {
		_, err := s.untyped.Resource(mutatingResource).Apply(t.Context(), s.namespace, s.entries("a.example.com"), metav1.ApplyOptions{FieldManager: "flux", Force: force})
		if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "b.example.com") && !strings.Contains(err.Error(), "webhooks[1]") {
			t.Errorf("dropping an entry, force %t: got %v, expected that it is refused as invalid", force, err)
		}
	}
}
