package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const agent = `
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: e2e-NAME}
spec:
  selector: {matchLabels: {e2e: NAME}}
  initContainers:
  - {name: prepare, image: "prepare:1"}
  - {name: proxy, image: "proxy:1", restartPolicy: Always}
  containers:
  - name: agent
    image: agent:1
    volumeMounts: [{name: spool, mountPath: /spool}]
    shareVolumePolicy: {type: enabled}
    transferEnv: [{sourceContainerName: app, envName: COLOR}]
  - {name: tail, image: "tail:1", podInjectPolicy: AfterAppContainer}
  volumes: [{name: spool, emptyDir: {}}]
  imagePullSecrets: [{name: registry}]
  updateStrategy: {type: NotUpdate}
`

// TestInjection creates a pod through the API server and looks at everything that the SidecarSet says.
func TestInjection(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "inject", strings.ReplaceAll(agent, "NAME", "inject"))
	pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "inject"}, func(pod *corev1.Pod) {
		pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "COLOR", Value: "blue"}}
		pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
		pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"agent", "app", "tail"}, names(pod.Spec.Containers)); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"prepare", "proxy"}, names(pod.Spec.InitContainers)); diff != "" {
		t.Errorf("init containers (-want +got):\n%s", diff)
	}
	injected := pod.Spec.Containers[0]
	if diff := cmp.Diff([]corev1.EnvVar{{Name: "IS_INJECTED", Value: "true"}, {Name: "COLOR", Value: "blue"}}, injected.Env); diff != "" {
		t.Errorf("env of the sidecar (-want +got):\n%s", diff)
	}
	paths := map[string]bool{}
	for _, mount := range injected.VolumeMounts {
		paths[mount.MountPath] = true
	}
	for _, path := range []string{"/spool", "/data", "/var/run/secrets/kubernetes.io/serviceaccount"} {
		if !paths[path] {
			t.Errorf("the sidecar does not mount %s; it has %v", path, paths)
		}
	}
	secrets := map[string]bool{}
	for _, secret := range pod.Spec.ImagePullSecrets {
		secrets[secret.Name] = true
	}
	if !secrets["registry"] {
		t.Error("the pull secret is missing")
	}
	if got := pod.Annotations["kruise.io/sidecarset-injected-list"]; got != "e2e-inject" {
		t.Errorf("injected list is %q, want e2e-inject", got)
	}
	for _, key := range []string{"kruise.io/sidecarset-hash", "kruise.io/sidecarset-hash-without-image"} {
		if !strings.HasPrefix(pod.Annotations[key], `{"e2e-inject":{"updateTimestamp":"20`) ||
			!strings.Contains(pod.Annotations[key], `"sidecarSetName":"e2e-inject","sidecarList":["agent","proxy","tail"]`) {
			t.Errorf("annotation %s is %q", key, pod.Annotations[key])
		}
	}
}

// TestInjectionKeepsEverythingElse creates the same pod with and without a sidecar: apart from the sidecar they are equal, also in
// fields that the server has no types for.
func TestInjectionKeepsEverythingElse(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "keep", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-keep}
spec:
  selector: {matchLabels: {e2e: keep}}
  containers: [{name: agent, image: "agent:1", podInjectPolicy: AfterAppContainer}]
`)
	grace, hostUsers, enableLinks := int64(7), false, false
	rich := func(pod *corev1.Pod) {
		pod.Name, pod.GenerateName = "rich-"+pod.Labels["e2e"], ""
		pod.Annotations = map[string]string{"note": "a/b~c \u2028 <&>"}
		pod.Spec.TerminationGracePeriodSeconds, pod.Spec.HostUsers, pod.Spec.EnableServiceLinks = &grace, &hostUsers, &enableLinks
		pod.Spec.SchedulingGates = []corev1.PodSchedulingGate{{Name: "example.com/wait"}}
		pod.Spec.OS = &corev1.PodOS{Name: corev1.Linux}
		pod.Spec.SetHostnameAsFQDN = &enableLinks
		pod.Spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{MaxSkew: 1, TopologyKey: "zone", WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector: &metav1.LabelSelector{}, MatchLabelKeys: []string{"app"}}}
		pod.Spec.Containers[0].ResizePolicy = []corev1.ContainerResizePolicy{{ResourceName: corev1.ResourceCPU, RestartPolicy: corev1.NotRequired}}
		pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 3}}}
	}
	plain, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "none"}, rich)
	if err != nil {
		t.Fatal(err)
	}
	injected, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "keep"}, rich)
	if err != nil {
		t.Fatal(err)
	}
	if got := names(injected.Spec.Containers); len(got) != 2 || got[1] != "agent" {
		t.Fatalf("containers are %v, want app and agent", got)
	}
	injected.Spec.Containers = injected.Spec.Containers[:1]
	for _, pod := range []*corev1.Pod{plain, injected} {
		pod.ObjectMeta = metav1.ObjectMeta{Annotations: map[string]string{"note": pod.Annotations["note"]}}
		for i := range pod.Status.Conditions { // one may be made in the next second
			pod.Status.Conditions[i].LastTransitionTime = metav1.Time{}
		}
		for i, volume := range pod.Spec.Volumes { // the name of the token volume is random
			if strings.HasPrefix(volume.Name, "kube-api-access-") {
				pod.Spec.Volumes[i].Name = "kube-api-access"
			}
		}
		for i := range pod.Spec.Containers[0].VolumeMounts {
			pod.Spec.Containers[0].VolumeMounts[i].Name = "kube-api-access"
		}
	}
	if diff := cmp.Diff(plain, injected); diff != "" {
		t.Errorf("apart from the sidecar the pods differ (-plain +injected):\n%s", diff)
	}
}

// TestInjectionThroughADeployment rolls a Deployment and looks at every pod that its controller made.
func TestInjectionThroughADeployment(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "deployment", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-deployment}
spec:
  selector: {matchLabels: {e2e: deployment}}
  containers: [{name: agent, image: "agent:1"}]
`)
	create(t, installed, namespace, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 5
  selector: {matchLabels: {e2e: deployment}}
  template:
    metadata: {labels: {e2e: deployment}}
    spec: {containers: [{name: web, image: "web:1"}]}
`)
	pods := waitPods(t, cluster, namespace, "e2e=deployment", 5)
	for _, pod := range pods {
		if got := names(pod.Spec.Containers); len(got) != 2 || got[0] != "agent" {
			t.Errorf("pod %s has containers %v, want agent and web", pod.Name, got)
		}
	}
}
