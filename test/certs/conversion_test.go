package certs

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

func TestConversionWebhookGetsTheBundle(t *testing.T) {
	const ours, foreign, without = "ours.certs.example.com", "foreign.certs.example.com", "without.certs.example.com"
	s := newSite(t, ours, foreign, without, "absent.certs.example.com")
	s.configure(1)
	s.createCRD("ours", map[string]any{"name": service, "namespace": s.namespace, "path": "/convert"})
	s.createCRD("foreign", map[string]any{"name": "other", "namespace": s.namespace, "path": "/convert"})
	s.createCRD("without", nil)
	source := s.source(certs.SelfManagedOptions{})
	s.eventuallyHealthy(source)
	s.eventuallyInCRD(ours)
	if s.bundleOf(foreign) != "" || s.bundleOf(without) != "" {
		t.Error("a CRD that does not mean us was written")
	}
}

// TestConversionThatIsDropped records what a server-side apply meets that takes the conversion webhook out of a CRD: the API server keeps
// the caBundle, because somebody else owns it, and refuses that as invalid. Whoever publishes a caBundle owns it, by a patch as by an apply,
// so docs/certificates.md says to patch first. When this test fails, Kubernetes has changed, and that document may as well.
func TestConversionThatIsDropped(t *testing.T) {
	const name = "dropped.certs.example.com"
	s := newSite(t, name)
	s.configure(1)
	apply := func(conversion map[string]any) error {
		_, err := s.untyped.Resource(crdResource).Apply(t.Context(), name, s.crd("dropped", conversion), metav1.ApplyOptions{FieldManager: "flux", Force: true})
		return err
	}
	s.must(apply(map[string]any{"name": service, "namespace": s.namespace}))
	s.removeCRDAtEnd(name)
	s.eventuallyHealthy(s.source(certs.SelfManagedOptions{}))
	s.eventuallyInCRD(name)

	if err := apply(nil); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), "should not be set when strategy is not set to Webhook") {
		t.Errorf("at once: got %v, expected that it is refused as invalid", err)
	}
	_, err := s.untyped.Resource(crdResource).Patch(t.Context(), name, types.MergePatchType,
		[]byte(`{"spec":{"conversion":{"strategy":"None","webhook":null}}}`), metav1.PatchOptions{FieldManager: "kubectl"})
	s.must(err)
	if err := apply(nil); err != nil {
		t.Errorf("after the patch: %v", err)
	}
}

func (s *site) bundleOf(crd string) string {
	text, _, err := unstructured.NestedString(s.read(crdResource, crd).Object, "spec", "conversion", "webhook", "clientConfig", "caBundle")
	s.must(err)
	return text
}

func (s *site) eventuallyInCRD(name string) {
	s.t.Helper()
	controlplane.Eventually(s.t, "the bundle is in the CRD", func(context.Context) error {
		bundle, err := base64.StdEncoding.DecodeString(s.bundleOf(name))
		if err != nil || !bytes.Equal(bundle, s.secret().Data["signer.crt"]) {
			return errors.New("not yet")
		}
		return nil
	})
}

// crd makes a CRD of two versions; conversion is the Service that converts, if any.
func (s *site) crd(plural string, conversion map[string]any) *unstructured.Unstructured {
	schema := map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}}
	spec := map[string]any{
		"group": "certs.example.com", "scope": "Namespaced",
		"names": map[string]any{"plural": plural, "singular": plural, "kind": "K" + plural, "listKind": "K" + plural + "List"},
		"versions": []any{
			map[string]any{"name": "v1", "served": true, "storage": true, "schema": schema},
			map[string]any{"name": "v2", "served": true, "storage": false, "schema": schema},
		},
		"conversion": map[string]any{"strategy": "None"},
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
	return crd
}

func (s *site) createCRD(plural string, conversion map[string]any) {
	s.t.Helper()
	crd := s.crd(plural, conversion)
	_, err := s.untyped.Resource(crdResource).Create(s.t.Context(), crd, metav1.CreateOptions{})
	s.must(err)
	s.removeCRDAtEnd(crd.GetName())
}

func (s *site) removeCRDAtEnd(name string) {
	s.t.Cleanup(func() {
		s.gone(s.untyped.Resource(crdResource).Delete(context.Background(), name, metav1.DeleteOptions{}))
	})
}
