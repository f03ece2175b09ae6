package chart

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestOpenKruiseIsNoticed: whoever installs beside OpenKruise's webhooks is told.
func TestOpenKruiseIsNoticed(t *testing.T) {
	cluster, client := start(t)
	notes := func() string {
		text, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--dry-run=server")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	const warning = "WARNING: OpenKruise's own webhooks"
	if strings.Contains(notes(), warning) {
		t.Error("warned although OpenKruise is not there")
	}
	theirs, err := installation.Parse("apiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: kruise-mutating-webhook-configuration}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Apply(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Delete(context.Background(), theirs); err != nil {
			t.Error(err)
		}
	})
	if !strings.Contains(notes(), warning) {
		t.Error("no warning although OpenKruise is there")
	}
}

// What OpenKruise has in a cluster, as its charts make it.
const (
	kruiseNamespace = "kruise-system"
	kruiseService   = "kruise-webhook-service"
	kruiseSecret    = "kruise-webhook-certs"
)

// TestInPlaceOfOpenKruise: a server that was installed with ci/openkruise-names-values.yaml answers for the webhook configurations of
// OpenKruise, under the name of its Service and with the certificate in its Secret. A second configuration, as when both are asked,
// does not inject twice.
func TestInPlaceOfOpenKruise(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	client, err := installation.NewClient(cluster.RESTConfig(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: kruiseNamespace}}); err != nil {
		t.Fatal(err)
	}
	certificates := openKruiseCertificates(t, kruiseService+"."+kruiseNamespace+".svc")
	_, err = cluster.Client().CoreV1().Secrets(kruiseNamespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: kruiseSecret}, Data: certificates}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	authority := base64.StdEncoding.EncodeToString(certificates["ca-cert.pem"])
	applyCRDs := func(port int32) {
		crds, err := installation.Read(filepath.Join(installation.Root(), "deploy", "crds"))
		if err != nil {
			t.Fatal(err)
		}
		for _, crd := range crds {
			for _, config := range clientConfigs(crd) { // kinds of one version have none
				config["caBundle"] = authority
				config["service"] = map[string]any{"namespace": kruiseNamespace, "name": kruiseService, "path": "/convert", "port": int64(port)}
			}
			if _, err := client.Apply(t.Context(), crd); err != nil {
				t.Fatal(err)
			}
		}
	}
	applyCRDs(443)
	if _, err := helm(t.Context(), t, "install", release, chartDir(), "--kubeconfig", cluster.Kubeconfig(), "--namespace", kruiseNamespace,
		"--values", values(t)["openkruise-names"]); err != nil {
		t.Fatal(err)
	}

	server := runAsDeployed(t, cluster, kruiseNamespace)
	if err := server.server.WaitUntil(t.Context(), "it is ready", server.ready); err != nil {
		t.Fatal(err)
	}
	port := server.port(t)
	if err := cluster.Client().CoreV1().Services(kruiseNamespace).Delete(t.Context(), kruiseService, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := controlplane.ServiceToLoopback(t.Context(), cluster.Client(), kruiseNamespace, kruiseService, port); err != nil {
		t.Fatal(err)
	}
	applyCRDs(port)
	apply := func(text string) error {
		object, err := installation.Parse(strings.NewReplacer("PORT", strconv.Itoa(int(port)), "AUTHORITY", authority).Replace(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Apply(t.Context(), object)
		return err
	}
	for _, configuration := range openKruiseConfigurations {
		if err := apply(configuration); err != nil {
			t.Fatal(err)
		}
	}

	controlplane.Eventually(t, "a SidecarSet without selector is refused under OpenKruise's name", func(context.Context) error {
		err := apply("apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: wrong}\nspec: {}")
		if err == nil || !strings.Contains(err.Error(), "vsidecarset.kb.io") || !strings.Contains(err.Error(), "denied the request") {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	controlplane.Eventually(t, "a SidecarSet is stored, for which it is converted by the port that its CRD was just given", func(context.Context) error {
		return apply(`
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: shop}}
  containers: [{name: agent, image: "agent:1"}]`)
	})
	shop := cluster.NamespaceForTest(t)
	containers := func(ctx context.Context, app string) ([]string, error) {
		pod, err := cluster.Client().CoreV1().Pods(shop).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-", Labels: map[string]string{"app": app}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		}, metav1.CreateOptions{})
		if err != nil {
			return nil, err
		}
		var names []string
		for _, container := range pod.Spec.Containers {
			names = append(names, container.Name)
		}
		return names, nil
	}
	controlplane.Eventually(t, "a pod gets its sidecar", func(ctx context.Context) error {
		if names, err := containers(ctx, "shop"); err != nil || len(names) != 2 {
			return errors.Join(err, fmt.Errorf("containers %v", names))
		}
		return nil
	})
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "protected", Labels: map[string]string{"policy.kruise.io/delete-protection": "Always"}}}); err != nil {
		t.Fatal(err)
	}
	err = cluster.Client().CoreV1().Namespaces().Delete(t.Context(), "protected", metav1.DeleteOptions{})
	if err == nil || !strings.Contains(err.Error(), "vnamespace.kb.io") || !strings.Contains(err.Error(), "denied the request") {
		t.Errorf("got %v, want a refusal under OpenKruise's name", err)
	}

	// Readiness asks both configurations, which have two names.
	for i, name := range []string{"kruise-mutating-webhook-configuration", "kruise-validating-webhook-configuration"} {
		if err := apply(strings.ReplaceAll(openKruiseConfigurations[i], "AUTHORITY", `""`)); err != nil {
			t.Fatal(err)
		}
		controlplane.Eventually(t, "the server is unready because of "+name, func(ctx context.Context) error {
			if err := server.ready(ctx); err == nil || !strings.Contains(err.Error(), name) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		})
		if err := apply(openKruiseConfigurations[i]); err != nil {
			t.Fatal(err)
		}
		controlplane.Eventually(t, "the server is ready again", server.ready)
	}

	if err := apply(strings.Replace(openKruiseConfigurations[0], "name: kruise-mutating", "name: second-mutating", 1) + probeEntry); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the API server asks by the second configuration, too", func(ctx context.Context) error {
		_, err := containers(ctx, "probe")
		if err == nil || !strings.Contains(err.Error(), "probe.example.com") {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	if names, err := containers(t.Context(), "shop"); err != nil || len(names) != 2 {
		t.Errorf("asked by two configurations: got containers %v, error %v, want one agent", names, err)
	}
}

// probeEntry fails for pods with a label, which shows that its configuration is in use.
const probeEntry = `- name: probe.example.com
  clientConfig: {caBundle: AUTHORITY, service: {namespace: kruise-system, name: kruise-webhook-service, port: PORT, path: /not-served}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  objectSelector: {matchLabels: {app: probe}}
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1]
`

// openKruiseConfigurations are OpenKruise's, with the entries of this test and the paths of its release 1.8 (spec/server.md §4).
var openKruiseConfigurations = []string{`
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: kruise-mutating-webhook-configuration}
webhooks:
- name: mpod.kb.io
  clientConfig: {caBundle: AUTHORITY, service: {namespace: kruise-system, name: kruise-webhook-service, port: PORT, path: /mutate-pod}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system]}]}
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1, v1beta1]
- name: msidecarset.kb.io
  clientConfig: {caBundle: AUTHORITY, service: {namespace: kruise-system, name: kruise-webhook-service, port: PORT, path: /mutate-apps-kruise-io-v1alpha1-sidecarset}}
  rules: [{apiGroups: [apps.kruise.io], apiVersions: [v1alpha1], operations: [CREATE, UPDATE], resources: [sidecarsets]}]
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1, v1beta1]
`, `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: kruise-validating-webhook-configuration}
webhooks:
- name: vsidecarset.kb.io
  clientConfig: {caBundle: AUTHORITY, service: {namespace: kruise-system, name: kruise-webhook-service, port: PORT, path: /validate-apps-kruise-io-v1alpha1-sidecarset}}
  rules: [{apiGroups: [apps.kruise.io], apiVersions: [v1alpha1], operations: [CREATE, UPDATE], resources: [sidecarsets]}]
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1, v1beta1]
- name: vnamespace.kb.io
  clientConfig: {caBundle: AUTHORITY, service: {namespace: kruise-system, name: kruise-webhook-service, port: PORT, path: /validate-namespace}}
  rules: [{apiGroups: [""], apiVersions: [v1], operations: [DELETE], resources: [namespaces]}]
  objectSelector: {matchExpressions: [{key: policy.kruise.io/delete-protection, operator: Exists}]}
  failurePolicy: Fail
  sideEffects: None
  admissionReviewVersions: [v1, v1beta1]
`}
