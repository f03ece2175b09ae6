// Package e2e proves the product on a real API server: deploy/ is installed, two replicas run with the rights of their
// ServiceAccount, and the API server calls them through their Service.
package e2e

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

func TestMain(m *testing.M) {
	code := controlplane.Run(m)
	if shared.installed != nil {
		if err := shared.installed.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "cannot stop the installation:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared is the installation of all tests of this package. Tests keep apart by namespaces and by labels.
var shared struct {
	once      sync.Once
	installed *installation.Installation
	err       error
}

// install returns the control plane with the product installed.
func install(t *testing.T) (*controlplane.ControlPlane, *installation.Installation) {
	t.Helper()
	cluster := controlplane.ForTest(t)
	shared.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		shared.installed, shared.err = installation.Install(ctx, cluster, installation.Options{
			Args: []string{"--feature-gates=EnablePodProbeMarkerOnServerless=true,EnhancedLivenessProbe=true,ImagePullJobGate=true,PodUnavailableBudgetUpdateGate=true,ResourceDistributionGate=true,ResourcesDeletionProtection=true,StatefulSetAutoResizePVCGate=true"},
		})
	})
	if shared.err != nil {
		t.Fatalf("%v\n%s", shared.err, shared.installed.LogTail(process.TailLines))
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + shared.installed.LogTail(process.TailLines))
		}
	})
	return cluster, shared.installed
}

// object parses one object in YAML.
func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o, err := installation.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// create creates an object in a namespace and deletes it at the end of the test.
func create(t *testing.T, installed *installation.Installation, namespace, text string) *unstructured.Unstructured {
	t.Helper()
	o := object(t, text)
	o.SetNamespace(namespace)
	stored, err := installed.Client.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := installed.Client.Delete(context.Background(), stored); err != nil && !strings.Contains(err.Error(), "not found") {
			t.Log("not deleted:", err)
		}
	})
	return stored
}

// wantRefused fails the test unless err is a refusal that says all the words.
func wantRefused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Error("the request went through, want a refusal")
		return
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("the refusal %q does not say %q", err, word)
		}
	}
}

// newPod is a pod with one container and further changes.
func newPod(namespace string, labels map[string]string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, GenerateName: "pod-", Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
	}
	for _, c := range change {
		c(pod)
	}
	return pod
}

// createPod creates a pod with one container and further changes.
func createPod(ctx context.Context, cluster *controlplane.ControlPlane, namespace string, labels map[string]string, change ...func(*corev1.Pod)) (*corev1.Pod, error) {
	return cluster.Client().CoreV1().Pods(namespace).Create(ctx, newPod(namespace, labels, change...), metav1.CreateOptions{})
}

// tryPod does the same as a dry run.
func tryPod(ctx context.Context, cluster *controlplane.ControlPlane, pod *corev1.Pod) (*corev1.Pod, error) {
	return cluster.Client().CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// sidecarSet creates a SidecarSet for pods with the label, and waits until every replica injects it: they learn of it by a
// watch event, which is faster than anybody who writes manifests, but not faster than a test.
func sidecarSet(t *testing.T, installed *installation.Installation, namespace, label, text string) {
	t.Helper()
	create(t, installed, "", text)
	everyReplica(t, installed, "injects the new SidecarSet", newPod(namespace, map[string]string{"e2e": label}), func(pod *corev1.Pod) error {
		if len(pod.Spec.Containers) < 2 {
			return fmt.Errorf("only containers %v", names(pod.Spec.Containers))
		}
		return nil
	})
}

// everyReplica waits until check finds nothing wrong with what each replica makes of a new pod.
func everyReplica(t *testing.T, installed *installation.Installation, what string, pod *corev1.Pod, check func(*corev1.Pod) error) {
	t.Helper()
	controlplane.Eventually(t, "every replica "+what, func(ctx context.Context) error { return installed.AskEveryReplica(ctx, pod, check) })
}

func names(containers []corev1.Container) []string {
	result := make([]string, len(containers))
	for i, container := range containers {
		result[i] = container.Name
	}
	return result
}
