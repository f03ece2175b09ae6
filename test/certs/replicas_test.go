package certs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

func TestR04TenReplicasEndWithOneCA(t *testing.T) {
	s := newSite(t)
	sources := make([]*certs.SelfManaged, 10)
	ports := make([]int32, 0, len(sources))
	for i := range sources {
		sources[i] = s.source(certs.SelfManagedOptions{})
		ports = append(ports, s.serve(sources[i]))
	}
	_, err := controlplane.ServiceToLoopback(t.Context(), s.admin, s.namespace, service, ports[0])
	s.must(err)
	s.configure(ports...)
	s.eventuallyHealthy(sources...)
	controlplane.Eventually(t, "the API server calls all ten", s.call)

	signer := s.secret().Data["signer.crt"]
	issuers := map[string]bool{}
	for _, source := range sources {
		certificate, err := source.GetCertificate(nil)
		s.must(err)
		issuers[certificate.Leaf.Issuer.CommonName] = true
	}
	if len(issuers) != 1 {
		t.Errorf("certificates of %d CAs: %v", len(issuers), issuers)
	}
	mutating, err := s.admin.AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), s.namespace, metav1.GetOptions{})
	s.must(err)
	for _, webhook := range mutating.Webhooks {
		if !bytes.Equal(webhook.ClientConfig.CABundle, signer) {
			t.Errorf("%s does not carry the CA of the secret alone", webhook.Name)
		}
	}
}

func TestSecretDeletedComesBackWithTheSameCA(t *testing.T) {
	s := newSite(t)
	s.configure(1)
	sources := []*certs.SelfManaged{s.source(certs.SelfManagedOptions{}), s.source(certs.SelfManagedOptions{})}
	s.eventuallyHealthy(sources...)
	before := s.secret()
	s.must(s.admin.CoreV1().Secrets(s.namespace).Delete(t.Context(), before.Name, metav1.DeleteOptions{}))
	controlplane.Eventually(t, "the secret is back", func(ctx context.Context) error {
		after, err := s.admin.CoreV1().Secrets(s.namespace).Get(ctx, before.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if after.UID == before.UID {
			return errors.New("not deleted yet")
		}
		if !bytes.Equal(after.Data["signer.crt"], before.Data["signer.crt"]) || !bytes.Equal(after.Data["signer.key"], before.Data["signer.key"]) {
			t.Error("it holds another CA")
		}
		return nil
	})
	s.eventuallyHealthy(sources...)
}

// rotate asks for a new CA and waits until it signs.
func (s *site) rotate() {
	s.t.Helper()
	before := s.secret()
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:"test"}}}`, certs.RotateAnnotation)
	_, err := s.admin.CoreV1().Secrets(s.namespace).Patch(s.t.Context(), before.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	s.must(err)
	controlplane.Eventually(s.t, "the next CA signs", func(context.Context) error {
		after := s.secret()
		if bytes.Equal(after.Data["signer.crt"], before.Data["signer.crt"]) || len(after.Data["next.crt"]) > 0 {
			return errors.New("not yet")
		}
		if !bytes.Contains(after.Data["retired.crt"], []byte("Retire-After")) {
			s.t.Error("the old CA is not kept")
		}
		return nil
	})
}
