package chart

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// foreignKinds are the kinds of other projects that the chart can make objects of, by group and plural.
var foreignKinds = map[string][2]string{
	"Certificate":    {"cert-manager.io", "certificates"},
	"Issuer":         {"cert-manager.io", "issuers"},
	"ServiceMonitor": {"monitoring.coreos.com", "servicemonitors"},
	"PrometheusRule": {"monitoring.coreos.com", "prometheusrules"},
}

// start returns the control plane of the package, with the namespace of the release and with foreignKinds, about whose content it
// knows nothing.
func start(t *testing.T) (*controlplane.ControlPlane, *installation.Client) {
	t.Helper()
	cluster := controlplane.ForTest(t)
	client, err := installation.NewClient(cluster.RESTConfig(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	for kind, names := range foreignKinds {
		crd, err := installation.Parse(fmt.Sprintf(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: %[2]s.%[1]s}
spec:
  group: %[1]s
  scope: Namespaced
  names: {kind: %[3]s, plural: %[2]s, singular: %[4]s}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`, names[0], names[1], kind, strings.ToLower(kind)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Apply(t.Context(), crd); err != nil {
			t.Fatal(err)
		}
		object := &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": names[0] + "/v1", "kind": kind, "metadata": map[string]any{"name": "absent", "namespace": namespace}}}
		controlplane.Eventually(t, kind+" is served", func(ctx context.Context) error {
			if _, err := client.Get(ctx, object); !apierrors.IsNotFound(err) {
				return err
			}
			return nil
		})
	}
	controlplane.Eventually(t, "the pods of the release before are gone", func(ctx context.Context) error {
		list, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, ofTheServer)
		if err == nil && len(list.Items) > 0 {
			err = fmt.Errorf("%d pods", len(list.Items))
		}
		return err
	})
	return cluster, client
}

// helmIn runs helm against the control plane.
func helmIn(ctx context.Context, t *testing.T, cluster *controlplane.ControlPlane, args ...string) (string, error) {
	t.Helper()
	return helm(ctx, t, append(args, "--kubeconfig", cluster.Kubeconfig(), "--namespace", namespace)...)
}

// TestServerSideDryRun: the API server accepts every object that the values of ci/ render, without an unknown field.
func TestServerSideDryRun(t *testing.T) {
	_, client := start(t)
	for name, file := range values(t) {
		t.Run(name, func(t *testing.T) {
			for _, object := range renderAll(t, "--values", file) {
				if object.GetKind() == "Pod" { // its ServiceAccount is not there in a dry run
					if err := unstructured.SetNestedField(object.Object, "default", "spec", "serviceAccountName"); err != nil {
						t.Fatal(err)
					}
				}
				resource, err := client.Resource(object)
				if err != nil {
					t.Fatal(err)
				}
				// Server-side apply refuses unknown fields, and takes what another test has left.
				_, err = resource.Apply(t.Context(), object.GetName(), object, metav1.ApplyOptions{
					DryRun: []string{metav1.DryRunAll}, Force: true, FieldManager: "dry-run"})
				if err != nil {
					t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
				}
			}
		})
	}
}

// withCRDs are the values files with which TestR20InstallUpgradeUninstall installs CRDs, which most of its time goes to: without a caBundle in
// the values, with the mark for the cainjector, with a caBundle, and with everything. What else values say does not change CRDs.
var withCRDs = []string{"cert-manager", "default", "everything", "own-certificate"}

// TestR20InstallUpgradeUninstall walks the whole life of a release with every values file of ci/: an upgrade leaves the caBundles of
// the server alone, and an uninstallation a cluster in which pods are created, and the CRDs.
func TestR20InstallUpgradeUninstall(t *testing.T) {
	cluster, client := start(t)
	names := values(t)
	authority := base64.StdEncoding.EncodeToString(openKruiseCertificates(t, "authority")["ca-cert.pem"])
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t.Run(name, func(t *testing.T) {
			args := []string{"--values", names[name]}
			if !slices.Contains(withCRDs, name) {
				args = append(args, "--set", "crds.install=false")
			}
			rendered := renderAll(t, args...)
			uninstalled := false
			t.Cleanup(func() {
				if !uninstalled {
					_, _ = helmIn(context.Background(), t, cluster, "uninstall", release)
				}
			})
			if _, err := helmIn(t.Context(), t, cluster, append([]string{"install", release, chartDir()}, args...)...); err != nil {
				t.Fatal(err)
			}
			calling := append(configurationsOf(rendered), crdsOf(rendered)...)
			for _, object := range calling {
				if err := writeBundles(t, client, object, authority); err != nil {
					t.Fatal(err)
				}
			}
			// The second upgrade is the first one that finds the configurations in the release before.
			for i := range 2 {
				if _, err := helmIn(t.Context(), t, cluster, append([]string{"upgrade", release, chartDir()}, args...)...); err != nil {
					t.Fatalf("upgrade %d: %v", i+1, err)
				}
				for _, object := range calling {
					wantBundles(t, client, object)
				}
			}
			if _, err := helmIn(t.Context(), t, cluster, "uninstall", release); err != nil {
				t.Fatal(err)
			}
			uninstalled = true
			wantUninstalled(t, client, rendered)
			wantPodsCreated(t, cluster)
		})
	}
}

// TestWebhooksComeAfterReplicasAndGoBeforeThem: with --wait nothing is registered before the replicas are ready, and a rollback to the
// first revision, which is the one that registered them, keeps them.
func TestWebhooksComeAfterReplicasAndGoBeforeThem(t *testing.T) {
	cluster, client := start(t)
	const withoutCRDs = "crds.install=false" // which say nothing here, and take their time
	rendered := render(t)
	registered := func(ctx context.Context) (count int) {
		for _, configuration := range configurationsOf(rendered) {
			if stored, err := client.Get(ctx, configuration); err == nil && !silent(stored) {
				count++
			}
		}
		return count
	}

	t.Run("replicas that never become ready", func(t *testing.T) {
		_, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--set", withoutCRDs, "--wait", "--timeout", "3s")
		if err == nil {
			t.Error("the installation succeeded although nobody ran the pods")
		}
		if count := registered(t.Context()); count != 0 {
			t.Errorf("%d configurations are registered", count)
		}
		wantPodsCreated(t, cluster)
		if _, err := helmIn(t.Context(), t, cluster, "uninstall", release); err != nil {
			t.Fatal(err)
		}
	})

	t.Run("replicas that become ready", func(t *testing.T) {
		controlplane.Eventually(t, "the pods of the release before are gone", func(ctx context.Context) error {
			list, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, ofTheServer)
			if err == nil && len(list.Items) > 0 {
				err = fmt.Errorf("%d pods", len(list.Items))
			}
			return err
		})
		done := make(chan error, 1)
		go func() {
			_, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--set", withoutCRDs, "--wait", "--timeout", "5m")
			done <- err
		}()
		var pods []corev1.Pod
		controlplane.Eventually(t, "the Deployment has its pods", func(ctx context.Context) error {
			list, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, ofTheServer)
			if err != nil {
				return err
			}
			if pods = list.Items; len(pods) != 2 {
				return fmt.Errorf("%d pods", len(pods))
			}
			return nil
		})
		if count := registered(t.Context()); count != 0 {
			t.Errorf("%d configurations are registered before a replica is ready", count)
		}
		for i := range pods {
			if _, err := controlplane.SetPodReady(t.Context(), cluster.Client(), &pods[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if count := registered(t.Context()); count != 2 {
			t.Errorf("%d configurations are registered, want 2", count)
		}
	})

	t.Run("rollback to the revision that registered them", func(t *testing.T) {
		if _, err := helmIn(t.Context(), t, cluster, "upgrade", release, chartDir(), "--set", withoutCRDs+",podLabels.upgraded=yes"); err != nil {
			t.Fatal(err)
		}
		if _, err := helmIn(t.Context(), t, cluster, "rollback", release, "1"); err != nil {
			t.Fatal(err)
		}
		if count := registered(t.Context()); count != 2 {
			t.Errorf("%d configurations are registered, want 2", count)
		}
	})

	t.Run("uninstallation", func(t *testing.T) {
		removed := watchRemovals(t, cluster)
		if _, err := helmIn(t.Context(), t, cluster, "uninstall", release); err != nil {
			t.Fatal(err)
		}
		deployment := removed("Deployment")
		for _, kind := range []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"} {
			if configuration := removed(kind); configuration > deployment {
				t.Errorf("the %s was deleted after the Deployment (resource versions %d and %d)", kind, configuration, deployment)
			}
		}
		wantPodsCreated(t, cluster)
	})
}

// ofTheServer selects the pods of the release.
var ofTheServer = metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=kruise-admission"}
