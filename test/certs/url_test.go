package certs

import (
	"context"
	"fmt"
	"testing"
	"time"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestCalledByURL: entries with a URL in place of the Service, by an address and by a name. API servers call by them, also after a rotation,
// and one of somebody else is left alone. The cluster has a domain of its own, which must do no harm.
func TestCalledByURL(t *testing.T) {
	s := newSite(t)
	source := s.source(certs.SelfManagedOptions{
		Settle:   time.Second,
		Identity: certs.Identity{ClusterDomain: "example.org", ExtraNames: []string{"127.0.0.1", "hooks.example.com"}},
	})
	port := s.serve(source)
	s.configure(port, port, port)
	registration := s.admin.AdmissionregistrationV1().MutatingWebhookConfigurations()
	_, err := controlplane.Change(t.Context(), registration, s.namespace, func(mutating *registrationv1.MutatingWebhookConfiguration) {
		for i, host := range []string{"127.0.0.1", "localhost", "foreign.example.com"} {
			url := fmt.Sprintf("https://%s:%d/m", host, port)
			mutating.Webhooks[i].ClientConfig.URL, mutating.Webhooks[i].ClientConfig.Service = &url, nil
		}
		mutating.Webhooks[2].ClientConfig.CABundle = nil // as long as it named our Service it may have got ours
		mutating.Webhooks[2].Rules = nil                 // nobody answers there
	})
	s.must(err)
	validating := s.admin.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	s.must(validating.Delete(t.Context(), s.namespace, metav1.DeleteOptions{}))

	s.eventuallyHealthy(source)
	controlplane.Eventually(t, "the API server calls by both URLs", s.call)
	s.rotate()
	controlplane.Eventually(t, "it serves a certificate of the next CA", func(context.Context) error {
		certificate, err := source.GetCertificate(nil)
		if err == nil && certificate.Leaf.CheckSignatureFrom(s.signer()) != nil {
			err = fmt.Errorf("its issuer is %s", certificate.Leaf.Issuer.CommonName)
		}
		return err
	})
	controlplane.Eventually(t, "the API server, which has had little time for the new bundle, calls by both URLs", s.call)

	certificate, err := source.GetCertificate(nil)
	s.must(err)
	for _, name := range []string{"127.0.0.1", "hooks.example.com", service + "." + s.namespace + ".svc", service + "." + s.namespace + ".svc.example.org"} {
		if err := certificate.Leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	mutating, err := registration.Get(t.Context(), s.namespace, metav1.GetOptions{})
	s.must(err)
	for i, ours := range []bool{true, true, false} {
		if bundle := mutating.Webhooks[i].ClientConfig.CABundle; len(bundle) > 0 != ours {
			t.Errorf("%s has a caBundle of %d bytes", *mutating.Webhooks[i].ClientConfig.URL, len(bundle))
		}
	}
}
