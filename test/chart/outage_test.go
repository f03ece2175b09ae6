package chart

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// TestR01OutageTouchesOnlyWhoOptedIn: the chart is installed and no replica ever runs. Pods wait for the server only in namespaces that
// opted in, and there only those that some sidecar could be meant for.
func TestR01OutageTouchesOnlyWhoOptedIn(t *testing.T) {
	cluster, _ := start(t)
	const label = "example.com/sidecars-required"
	_, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(),
		"--set", "crds.install=false",
		"--set", "webhooks.pods.strictNamespaceLabel="+label,
		"--set", "webhooks.pods.objectSelector.matchLabels.sidecars=wanted",
		"--set", "webhooks.pods.timeoutSeconds=1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := helmIn(context.Background(), t, cluster, "uninstall", release); err != nil {
			t.Error(err)
		}
	})
	namespaces := map[bool]string{}
	for strict, labels := range map[bool]map[string]string{false: nil, true: {label: ""}} {
		created, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-", Labels: labels}})
		if err != nil {
			t.Fatal(err)
		}
		namespaces[strict] = created.Name
	}
	create := func(ctx context.Context, strict bool, sidecars string) error {
		_, err := cluster.Client().CoreV1().Pods(namespaces[strict]).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-", Labels: map[string]string{"sidecars": sidecars}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	}
	controlplane.Eventually(t, "the API server knows the configurations", func(ctx context.Context) error {
		err := create(ctx, true, "wanted")
		if err != nil && strings.Contains(err.Error(), `failed calling webhook "mpod.kb.io"`) {
			return nil
		}
		return fmt.Errorf("got %w", err)
	})
	for name, test := range map[string]struct {
		strict   bool
		sidecars string
	}{
		"a pod in a namespace that did not opt in":                  {false, "wanted"},
		"a pod that no sidecar is for":                              {false, "none"},
		"a pod that no sidecar is for in a namespace that opted in": {true, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := create(t.Context(), test.strict, test.sidecars); err != nil {
				t.Error(err)
			}
		})
	}
}
