package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// owned makes a pod belong to a workload, which need not be there: nobody collects the garbage of these tests.
func owned(apiVersion, kind, name string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		yes := true
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, UID: "00000000-0000-4000-8000-000000000001", Controller: &yes}}
	}
}

func called(name string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Name, pod.GenerateName = name, "" }
}

func annotated(key, value string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Annotations = map[string]string{key: value} }
}

func andContainer(name string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name, Image: name + ":1"})
	}
}

// eventuallyPod waits until every replica makes of a pod what it should be, and then creates it by dry run.
func eventuallyPod(t *testing.T, cluster *controlplane.ControlPlane, installed *installation.Installation, pod *corev1.Pod, problem func(*corev1.Pod) string) {
	t.Helper()
	check := func(pod *corev1.Pod) error {
		if said := problem(pod); said != "" {
			return fmt.Errorf("%s: %v", said, pod)
		}
		return nil
	}
	everyReplica(t, installed, "takes the step", pod, check)
	created, err := tryPod(t.Context(), cluster, pod)
	if err == nil {
		err = check(created)
	}
	if err != nil {
		t.Error(err)
	}
}

func TestReadinessGate(t *testing.T) {
	cluster, _ := install(t)
	namespace := cluster.NamespaceForTest(t)
	for owner, want := range map[string]int{"apps.kruise.io/v1alpha1 CloneSet": 1, "apps/v1 ReplicaSet": 0} {
		apiVersion, kind, _ := strings.Cut(owner, " ")
		pod, err := createPod(t.Context(), cluster, namespace, nil, owned(apiVersion, kind, "web"))
		if err != nil {
			t.Fatal(err)
		}
		if gates := pod.Spec.ReadinessGates; len(gates) != want || want == 1 && gates[0].ConditionType != "KruisePodReady" {
			t.Errorf("a pod of %s has the readiness gates %v", owner, gates)
		}
	}
}

func barriers(pod *corev1.Pod) (keys []string) {
	for _, container := range pod.Spec.Containers {
		for _, env := range container.Env {
			if env.Name == "KRUISE_CONTAINER_BARRIER" {
				keys = append(keys, fmt.Sprintf("%s %s", env.ValueFrom.ConfigMapKeyRef.Name, env.ValueFrom.ConfigMapKeyRef.Key))
			}
		}
	}
	return keys
}

// TestLaunchPriority orders containers, that of a SidecarSet among them, in a pod that the API server has yet to name.
func TestLaunchPriority(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "launch", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-launch}
spec:
  selector: {matchLabels: {e2e: launch}}
  containers: [{name: agent, image: "agent:1", podInjectPolicy: AfterAppContainer}]
  updateStrategy: {type: NotUpdate}
`)
	pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "launch"}, annotated("apps.kruise.io/container-launch-priority", "Ordered"))
	if err != nil {
		t.Fatal(err)
	}
	want := pod.Name + "-barrier p_0," + pod.Name + "-barrier p_-1"
	if got := strings.Join(barriers(pod), ","); got != want || !strings.HasPrefix(pod.Name, "pod-") {
		t.Errorf("pod %s waits for %q, want %q", pod.Name, got, want)
	}
	second, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "launch"}, annotated("apps.kruise.io/container-launch-priority", "Ordered"))
	if err != nil || second.Name == pod.Name {
		t.Errorf("a second pod: %v", err)
	}
	_, err = createPod(t.Context(), cluster, namespace, nil, andContainer("aux"), func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "KRUISE_CONTAINER_PRIORITY", Value: "high"}}
	})
	wantRefused(t, err, "mpod.kb.io", "spec.containers[0].env[0].value", `"high"`)
}

func relatedBudget(pod *corev1.Pod) string { return pod.Annotations["pub.kruise.io/related-pub"] }

// TestRelatedBudget creates pods for a budget that selects labels, and for one of a Deployment, whose ReplicaSet the server looks up with the
// rights of its ServiceAccount.
func TestRelatedBudget(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	create(t, installed, namespace, "{apiVersion: policy.kruise.io/v1alpha1, kind: PodUnavailableBudget, metadata: {name: labels}, spec: {selector: {matchLabels: {app: web}}, maxUnavailable: 1}}")
	create(t, installed, namespace, "{apiVersion: policy.kruise.io/v1beta1, kind: PodUnavailableBudget, metadata: {name: deployed}, spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}, maxUnavailable: 1}}")
	one := int32(0)
	selector := map[string]string{"app": "shop"}
	template := corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: selector}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}}}
	if _, err := cluster.Client().AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "shop"},
		Spec:       appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: selector}, Template: template},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var replicaSet string
	controlplane.Eventually(t, "the Deployment has a ReplicaSet", func(ctx context.Context) error {
		list, err := cluster.Client().AppsV1().ReplicaSets(namespace).List(ctx, metav1.ListOptions{})
		if err != nil || len(list.Items) == 0 {
			return fmt.Errorf("no ReplicaSet: %v", err)
		}
		replicaSet = list.Items[0].Name
		return nil
	})
	for name, test := range map[string]struct {
		labels map[string]string
		owner  string
		want   string
	}{
		"by labels":       {map[string]string{"app": "web"}, "other", "labels"},
		"of a Deployment": {selector, replicaSet, "deployed"},
		"of another":      {selector, "other", ""},
		"of one that is named like it and is not there": {selector, "shop-0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			pod := newPod(namespace, test.labels, owned("apps/v1", "ReplicaSet", test.owner))
			eventuallyPod(t, cluster, installed, pod, func(pod *corev1.Pod) string {
				if got := relatedBudget(pod); got != test.want || pod.Annotations["kruise.io/related-pub"] != test.want {
					return fmt.Sprintf("related to %q, want %q", got, test.want)
				}
				return ""
			})
		})
	}
}

// TestPersistentPodStateOfPods creates a pod again whose node was remembered.
func TestPersistentPodStateOfPods(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	state := create(t, installed, namespace, `
apiVersion: apps.kruise.io/v1alpha1
kind: PersistentPodState
metadata: {name: state}
spec:
  targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
  requiredPersistentTopology: {nodeTopologyKeys: [zone]}
  preferredPersistentTopology: [{weight: 10, preference: {nodeTopologyKeys: [kubernetes.io/hostname]}}]
`)
	const status = `{"status":{"observedGeneration":1,"podStates":{"db-0":{"nodeTopologyLabels":{"zone":"a","kubernetes.io/hostname":"node-1"}}}}}`
	if _, err := patchStatus(t, installed, state, status); err != nil {
		t.Fatal(err)
	}
	remembered := newPod(namespace, nil, called("db-0"), owned("apps/v1", "StatefulSet", "db"))
	eventuallyPod(t, cluster, installed, remembered, func(pod *corev1.Pod) string {
		affinity := pod.Spec.Affinity
		if pod.Spec.NodeSelector["zone"] != "a" || affinity == nil || pod.Annotations["kruise.io/injected-persistent-pod-state"] != "state" {
			return "not bound to its zone"
		}
		preferred := affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
		if len(preferred) != 1 || preferred[0].Preference.MatchExpressions[0].Values[0] != "node-1" {
			return "does not prefer its node once"
		}
		return ""
	})
	pod, err := createPod(t.Context(), cluster, namespace, nil, called("db-1"), owned("apps/v1", "StatefulSet", "db"))
	if err != nil || pod.Spec.NodeSelector != nil {
		t.Errorf("a pod of which nothing is remembered: %v, %v", err, pod.Spec.NodeSelector)
	}
}

func TestEnhancedLiveness(t *testing.T) {
	cluster, _ := install(t)
	namespace := cluster.NamespaceForTest(t)
	probed := func(pod *corev1.Pod) {
		pod.Spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"alive"}}}}
	}
	pod, err := createPod(t.Context(), cluster, namespace, nil, probed,
		owned("apps.kruise.io/v1alpha1", "CloneSet", "web"), annotated("apps.kruise.io/using-enhanced-liveness", "true"))
	if err != nil {
		t.Fatal(err)
	}
	if saved := pod.Annotations["apps.kruise.io/container-probe-context"]; pod.Spec.Containers[0].LivenessProbe != nil ||
		!strings.HasPrefix(saved, `[{"name":"app","livenessProbe":{"exec":{"command":["alive"]},`) {
		t.Errorf("probe %v, saved as %s", pod.Spec.Containers[0].LivenessProbe, saved)
	}
	pod, err = createPod(t.Context(), cluster, namespace, nil, probed, owned("apps.kruise.io/v1alpha1", "CloneSet", "web"))
	if err != nil || pod.Spec.Containers[0].LivenessProbe == nil {
		t.Errorf("a pod that does not want it: %v", err)
	}
}

func TestProbesOfMarkers(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	create(t, installed, namespace, `
apiVersion: apps.kruise.io/v1alpha1
kind: PodProbeMarker
metadata: {name: idle}
spec:
  selector: {matchLabels: {app: game}}
  probes:
  - {name: idle, containerName: app, probe: {exec: {command: [idle]}}, podConditionType: game.example.com/idle}
  - {name: other, containerName: other, probe: {exec: {command: [idle]}}, podConditionType: game.example.com/other}
`)
	eventuallyPod(t, cluster, installed, newPod(namespace, map[string]string{"app": "game"}), func(pod *corev1.Pod) string {
		probes := pod.Annotations["kruise.io/podprobe"]
		if pod.Annotations["kruise.io/podprobemarker-list"] != "idle" || !strings.Contains(probes, "game.example.com/idle") || strings.Contains(probes, "other") {
			return "probes: " + probes
		}
		return ""
	})
}
