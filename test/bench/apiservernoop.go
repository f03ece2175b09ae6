package bench

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// noopWebhook is the entry that calls the server which only allows.
const noopWebhook = "noop.bench.example.com"

// installNoop starts the server that allows and does not look at the pod, lets the API server call it for pods of noopNamespace, and returns when
// it does. What takes long there is not the webhook's doing.
func installNoop(ctx context.Context, client kubernetes.Interface, dir string) (stop func(), err error) {
	noop, err := startBaseline(ctx, "allow", dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			noop.kill()
		}
	}()
	authority, err := certificateOf(noop.address)
	if err != nil {
		return nil, err
	}
	url, none := "https://"+noop.address+noop.path, admissionregistrationv1.SideEffectClassNone
	fail, seconds := admissionregistrationv1.Fail, int32(10)
	_, err = client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(ctx, &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "noop"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name: noopWebhook, ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: authority},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: noopNamespace}},
			FailurePolicy:     &fail, TimeoutSeconds: &seconds, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	// API servers read webhook configurations through a cache of their own.
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "probe"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}}}
	l := load{client: client}
	err = wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		if _, err := client.CoreV1().Pods(noopNamespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
			return false, err
		}
		seen, err := l.observe(ctx, noopEntry)
		return seen.calls.count > 0, err
	})
	if err != nil {
		return nil, fmt.Errorf("controller-runtime is not called: %w", err)
	}
	return noop.kill, nil
}

// certificateOf returns what a server shows in its handshake, as PEM.
func certificateOf(address string) ([]byte, error) {
	connection, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	if err != nil {
		return nil, err
	}
	defer func() { _ = connection.Close() }()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: connection.ConnectionState().PeerCertificates[0].Raw}), nil
}
