package chart

import (
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestEachReleaseHasANamespaceOfItsOwn: the Service of a second one in the same namespace would lead to pods of the first, whose certificate has
// another name. In another namespace it may be installed, and the same release under another name as well.
func TestEachReleaseHasANamespaceOfItsOwn(t *testing.T) {
	cluster, _ := start(t)
	if _, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "elsewhere"}}); err != nil {
		t.Fatal(err)
	}
	install := func(ctx context.Context, name, into string, args ...string) error {
		_, err := helm(ctx, t, append([]string{"upgrade", "--install", name, chartDir(), "--kubeconfig", cluster.Kubeconfig(), "--namespace", into,
			"--set", "crds.install=false"}, args...)...)
		if err == nil {
			t.Cleanup(func() {
				_, _ = helm(context.Background(), t, "uninstall", name, "--kubeconfig", cluster.Kubeconfig(), "--namespace", into)
			})
		}
		return err
	}
	if err := install(t.Context(), release, namespace); err != nil {
		t.Fatal(err)
	}
	err := install(t.Context(), "second", namespace)
	if err == nil || !strings.Contains(err.Error(), `deployment "kruise-admission" is another installation of this server, and each needs a namespace of its own`) {
		t.Errorf("a second release in the namespace: %v", err)
	}
	if err := install(t.Context(), "second", "elsewhere"); err != nil {
		t.Errorf("a second release in another namespace: %v", err)
	}
	if err := install(t.Context(), release, namespace, "--set", "fullnameOverride=renamed"); err != nil {
		t.Errorf("the release under another name: %v", err)
	}
}
