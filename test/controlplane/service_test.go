package controlplane

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestServiceToLoopbackLeadsTheAPIServerToAWebhook(t *testing.T) {
	cluster := ForTest(t)
	client, namespace := cluster.Client(), cluster.NamespaceForTest(t)
	const name = "webhook"
	host := name + "." + namespace + ".svc"

	authority, err := newPKI(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	template := certificateTemplate(pkix.Name{CommonName: host})
	template.DNSNames, template.ExtKeyUsage = []string{host}, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	certPEM, keyPEM, err := authority.issue(template)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	// It refuses, and its words say how the API server came.
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Result: &metav1.Status{
			Message: fmt.Sprintf("%s %s for %s of %s", r.Proto, r.URL.Path, r.TLS.ServerName, review.Request.UserInfo.Username),
		}}
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()

	port := int32(server.Listener.Addr().(*net.TCPAddr).Port)
	if _, err := ServiceToLoopback(t.Context(), client, namespace, name, port); err != nil {
		t.Fatal(err)
	}
	path, fail, none := "/refuse", registrationv1.Fail, registrationv1.SideEffectClassNone
	configuration := &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: namespace},
		Webhooks: []registrationv1.ValidatingWebhook{{
			Name:                    "refuse.example.com",
			FailurePolicy:           &fail,
			SideEffects:             &none,
			AdmissionReviewVersions: []string{"v1"},
			NamespaceSelector:       &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}},
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create},
				Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			ClientConfig: registrationv1.WebhookClientConfig{
				Service:  &registrationv1.ServiceReference{Namespace: namespace, Name: name, Port: &port, Path: &path},
				CABundle: authority.cert,
			},
		}},
	}
	configurations := client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	if _, err := configurations.Create(t.Context(), configuration, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := configurations.Delete(context.Background(), namespace, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	// The API server learns of the configuration and the Service a moment later.
	want := "HTTP/1.1 /refuse for " + host + " of admin"
	Eventually(t, "a pod is refused by the webhook", func(ctx context.Context) error {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"}, Spec: podSpec()}
		_, err := client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil {
			return fmt.Errorf("it was created")
		}
		if !strings.Contains(err.Error(), want) {
			return fmt.Errorf("got %w, want %q", err, want)
		}
		return nil
	})
}
