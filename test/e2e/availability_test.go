package e2e

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// TestRollingRestartLosesNoRequest replaces both replicas, one after the other, by SIGTERM while pods are being created through the
// API server: no creation fails, and no pod is without its sidecar.
func TestRollingRestartLosesNoRequest(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed := installOn(t, cluster, "--drain-delay=3s")
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "restart", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-restart}
spec:
  selector: {matchLabels: {e2e: restart}}
  containers: [{name: agent, image: "agent:1"}]
`)
	ctx, stop := context.WithCancel(t.Context())
	var created, bare atomic.Int64
	var failures sync.Map
	var creators sync.WaitGroup
	for range 4 {
		creators.Go(func() {
			for ctx.Err() == nil {
				pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "restart"})
				if err != nil {
					failures.Store(err.Error(), true)
					continue
				}
				created.Add(1)
				if len(pod.Spec.Containers) != 2 {
					bare.Add(1)
				}
			}
		})
	}
	// enough waits until further pods have been created, so that each phase of the restart has its share of them.
	enough := func(phase string) {
		goal := created.Load() + 50
		controlplane.Eventually(t, phase+": pods go on being created", func(context.Context) error {
			if count := created.Load(); count < goal {
				return fmt.Errorf("%d pods, want %d", count, goal)
			}
			return nil
		})
	}
	enough("before the restart")
	for i, old := range installed.Replicas() {
		if _, err := installed.StartReplica(t.Context()); err != nil {
			t.Fatal(err)
		}
		terminated := make(chan error, 1)
		go func() { terminated <- old.Terminate() }()
		enough("while a replica drains")
		if err := <-terminated; err != nil {
			t.Errorf("replica %d ended with %v, want a clean end", i, err)
		}
		enough("after a replica has ended")
	}
	stop()
	creators.Wait()
	failures.Range(func(failure, _ any) bool {
		t.Error("a pod was not created:", failure)
		return true
	})
	if bare.Load() != 0 {
		t.Errorf("%d of %d pods have no sidecar", bare.Load(), created.Load())
	}
	t.Logf("%d pods were created over two restarts", created.Load())
}

// TestOutage stops every replica: what the server does not care for goes on, what it should decide waits for it.
func TestOutage(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed := installOn(t, cluster)
	namespace := cluster.NamespaceForTest(t)
	unprotected := create(t, installed, namespace, "apiVersion: v1\nkind: Service\nmetadata: {name: unprotected}\nspec: {ports: [{port: 80}]}")
	protected := create(t, installed, namespace, "apiVersion: v1\nkind: Service\nmetadata: {name: protected, labels: {policy.kruise.io/delete-protection: Always}}\nspec: {ports: [{port: 80}]}")
	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	_, err := createPod(t.Context(), cluster, namespace, nil)
	wantRefused(t, err, "mpod.kb.io", "failed calling webhook")
	wantRefused(t, installed.Client.Delete(t.Context(), protected), "vservice.kb.io", "failed calling webhook")
	if err := installed.Client.Delete(t.Context(), unprotected); err != nil {
		t.Errorf("an object without the label can be deleted without the server, but: %v", err)
	}
	for _, exempt := range []string{metav1.NamespaceSystem, installation.Namespace} {
		if _, err := createPod(t.Context(), cluster, exempt, nil, restricted); err != nil {
			t.Errorf("pods of namespace %s come up without the server, but: %v", exempt, err)
		}
	}
	labelled, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "platform", Labels: map[string]string{"control-plane": "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := createPod(t.Context(), cluster, labelled.Name, nil); err != nil {
		t.Errorf("pods of a namespace labelled control-plane come up without the server, but: %v", err)
	}
	if _, err := installed.StartReplica(t.Context()); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "pods are created again", func(ctx context.Context) error {
		_, err := createPod(ctx, cluster, namespace, nil)
		return err
	})
}

// restricted makes a pod that Pod Security level restricted accepts, which deploy/manifests sets for the server's own namespace.
func restricted(pod *corev1.Pod) {
	yes, no := true, false
	pod.Spec.SecurityContext = &corev1.PodSecurityContext{
		RunAsNonRoot: &yes, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	pod.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
}

// installOn installs the product into a control plane of this test's own.
func installOn(t *testing.T, cluster *controlplane.ControlPlane, args ...string) *installation.Installation {
	t.Helper()
	installed, err := installation.Install(t.Context(), cluster, installation.Options{Args: args})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + installed.LogTail(process.TailLines))
		}
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return installed
}
