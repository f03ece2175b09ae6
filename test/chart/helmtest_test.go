package chart

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// TestHelmTest: `helm test` fails while the Service leads nowhere, and succeeds when the API server reaches a replica. The test does what
// kubelets would: it runs the server where the pods say that they are, and the command of the pod of `helm test` with its rights.
func TestHelmTest(t *testing.T) {
	cluster, _ := start(t)
	address := outwardAddress(t)
	port := controlplane.PortForTest(t, address)
	if _, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--set", fmt.Sprintf("ports.webhook=%d", port)); err != nil {
		t.Fatal(err)
	}
	node, err := cluster.Client().CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{GenerateName: "node-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := helmIn(context.Background(), t, cluster, "uninstall", release); err != nil {
			t.Error(err)
		}
		// No kubelet ends the pods on the node.
		atOnce := metav1.DeleteOptions{GracePeriodSeconds: new(int64)}
		if err := cluster.Client().CoreV1().Pods(namespace).DeleteCollection(context.Background(), atOnce, ofTheServer); err != nil {
			t.Error(err)
		}
		if err := cluster.Client().CoreV1().Nodes().Delete(context.Background(), node.Name, atOnce); err != nil {
			t.Error(err)
		}
	})
	if err := helmTest(t, cluster); err == nil {
		t.Error("it succeeded although there is no replica")
	}
	runAsDeployed(t, cluster, namespace, fmt.Sprintf("--listen-address=%s:%d", address, port))
	controlplane.Eventually(t, "the Service leads to the replicas", func(ctx context.Context) error {
		pods, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, ofTheServer)
		if err != nil {
			return err
		}
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp == nil && pod.Status.PodIP == "" {
				if err := runOn(ctx, cluster, node.Name, address, pod.Name); err != nil {
					return err
				}
			}
		}
		slices, err := cluster.Client().DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + release + "-webhook"})
		if err != nil {
			return err
		}
		for _, slice := range slices.Items {
			if len(slice.Endpoints) == 2 {
				return nil
			}
		}
		return fmt.Errorf("it leads to %v", slices.Items)
	})
	if err := helmTest(t, cluster); err != nil {
		t.Error(err)
	}
}

// runOn makes a pod one that is ready on a node.
func runOn(ctx context.Context, cluster *controlplane.ControlPlane, node, address, name string) error {
	pods := cluster.Client().CoreV1().Pods(namespace)
	pod, err := pods.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if pod.Spec.NodeName == "" {
		binding := &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: name}, Target: corev1.ObjectReference{Kind: "Node", Name: node}}
		if err := pods.Bind(ctx, binding, metav1.CreateOptions{}); err != nil {
			return err
		}
		if pod, err = pods.Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
	}
	pod.Status.PodIP, pod.Status.PodIPs = address, []corev1.PodIP{{IP: address}}
	_, err = controlplane.SetPodReady(ctx, cluster.Client(), pod)
	return err
}

// helmTest runs `helm test`, and the pod that it makes.
func helmTest(t *testing.T, cluster *controlplane.ControlPlane) error {
	t.Helper()
	kubectl, err := programs.Kubectl()
	if err != nil {
		t.Fatal(err)
	}
	pods := cluster.Client().CoreV1().Pods(namespace)
	before, err := pods.Get(t.Context(), release+"-test", metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := helmIn(t.Context(), t, cluster, "test", release, "--timeout", "5m")
		done <- err
	}()
	var pod *corev1.Pod
	controlplane.Eventually(t, "the pod of helm test is there", func(ctx context.Context) (err error) {
		if pod, err = pods.Get(ctx, release+"-test", metav1.GetOptions{}); err == nil && pod.UID == before.UID {
			err = fmt.Errorf("it is the one of the run before")
		}
		return err
	})
	command := exec.CommandContext(t.Context(), kubectl, pod.Spec.Containers[0].Command[1:]...)
	command.Env = append(command.Environ(), "KUBECONFIG="+kubeconfigOf(t, cluster, namespace, pod.Spec.ServiceAccountName))
	printed, err := command.CombinedOutput()
	phase := corev1.PodSucceeded
	if err != nil {
		phase = corev1.PodFailed
		t.Logf("%s: %v", printed, err)
	}
	status := fmt.Sprintf(`{"status":{"phase":%q}}`, phase)
	if _, err := pods.Patch(t.Context(), pod.Name, types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	return <-done
}

// outwardAddress is an address of this machine that is no loopback: Kubernetes lets no pod have one of those.
func outwardAddress(t *testing.T) string {
	t.Helper()
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		if network, is := address.(*net.IPNet); is && network.IP.To4() != nil && network.IP.IsGlobalUnicast() {
			return network.IP.String()
		}
	}
	t.Skip("this machine has no IPv4 address besides loopback")
	return ""
}
