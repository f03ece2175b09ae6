package chart

import (
	"maps"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// podsOf returns what the pods of the release are made from: the server's, and that of `helm test`.
func podsOf(t *testing.T, objects []*unstructured.Unstructured) map[string]corev1.PodTemplateSpec {
	t.Helper()
	pods := map[string]corev1.PodTemplateSpec{}
	for _, object := range objects {
		switch object.GetKind() {
		case "Deployment":
			var typed appsv1.Deployment
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
				t.Fatal(err)
			}
			pods["server"] = typed.Spec.Template
		case "Pod":
			var typed corev1.Pod
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
				t.Fatal(err)
			}
			pods["helm test"] = corev1.PodTemplateSpec{ObjectMeta: typed.ObjectMeta, Spec: typed.Spec}
		}
	}
	if len(pods) != 2 {
		t.Fatalf("got pods %v", slices.Sorted(maps.Keys(pods)))
	}
	return pods
}

// TestPodsAreRestricted: the API server admits every pod of the release to a namespace that enforces Pod Security level restricted, except
// with the network of the node, which this level forbids. The plain manifests and docs/install.md set that level.
func TestPodsAreRestricted(t *testing.T) {
	cluster := controlplane.ForTest(t)
	wantPodsCreated(t, cluster) // the webhooks of a release that is gone are no longer asked
	enforcing, err := cluster.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "restricted-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range values(t) {
		t.Run(name, func(t *testing.T) {
			for whose, template := range podsOf(t, render(t, "--values", file)) {
				pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-", Labels: template.Labels}, Spec: template.Spec}
				pod.Spec.ServiceAccountName = "default" // the release is not installed
				_, err := cluster.Client().CoreV1().Pods(enforcing.Name).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
				if want := !pod.Spec.HostNetwork; (err == nil) != want {
					t.Errorf("%s: admitted: %t, want %t: %v", whose, err == nil, want, err)
				}
				for _, container := range pod.Spec.Containers {
					if security := container.SecurityContext; security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem {
						t.Errorf("%s: the root file system can be written", whose)
					}
				}
			}
		})
	}
}

// TestGoKnowsItsMemoryLimit: GOMEMLIMIT follows the limit of memory, and where there is none it is not set: Kubernetes would put in all that
// the node has.
func TestGoKnowsItsMemoryLimit(t *testing.T) {
	for set, want := range map[string]bool{"resources.limits.memory=1Gi": true, "resources.limits=null": false} {
		i := slices.IndexFunc(podsOf(t, render(t, "--set", set))["server"].Spec.Containers[0].Env, func(variable corev1.EnvVar) bool {
			return variable.Name == "GOMEMLIMIT" && variable.ValueFrom != nil && variable.ValueFrom.ResourceFieldRef != nil &&
				variable.ValueFrom.ResourceFieldRef.Resource == "limits.memory"
		})
		if got := i >= 0; got != want {
			t.Errorf("%s: GOMEMLIMIT is set: %t", set, got)
		}
	}
}

// TestReplicasAreSpreadAndComeFirst: replicas keep off each other's nodes and zones, whatever constraints are set, and are scheduled before what
// needs them.
func TestReplicasAreSpreadAndComeFirst(t *testing.T) {
	const node, zone, rack = "kubernetes.io/hostname", "topology.kubernetes.io/zone", "example.com/rack"
	for set, want := range map[string][]string{
		"replicas=2": {node, zone},
		"topologySpreadConstraints[0].maxSkew=1,topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule,topologySpreadConstraints[0].topologyKey=" + rack: {rack},
	} {
		server := podsOf(t, render(t, "--set", set))["server"]
		var keys []string
		for _, spread := range server.Spec.TopologySpreadConstraints {
			keys = append(keys, spread.TopologyKey)
			selector, err := metav1.LabelSelectorAsSelector(spread.LabelSelector)
			if err != nil {
				t.Fatal(err)
			}
			if selector.Empty() || !selector.Matches(labels.Set(server.Labels)) {
				t.Errorf("got selector %q for pods labelled %v", selector, server.Labels)
			}
		}
		if !slices.Equal(keys, want) {
			t.Errorf("spread over %q, want %q", keys, want)
		}
		if server.Spec.PriorityClassName != "system-cluster-critical" {
			t.Errorf("got priority class %q", server.Spec.PriorityClassName)
		}
	}
}

// TestAutoscalerOwnsTheReplicas: the Deployment names no number that an upgrade would set back.
func TestAutoscalerOwnsTheReplicas(t *testing.T) {
	objects := render(t, "--set", "autoscaling.enabled=true,autoscaling.minReplicas=3")
	if replicas := deployment(t, objects).Spec.Replicas; replicas != nil {
		t.Errorf("the Deployment wants %d replicas", *replicas)
	}
	var scaler autoscalingv2.HorizontalPodAutoscaler
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(find(objects, "HorizontalPodAutoscaler", release).Object, &scaler); err != nil {
		t.Fatal(err)
	}
	want := autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: release}
	if scaler.Spec.ScaleTargetRef != want || *scaler.Spec.MinReplicas != 3 {
		t.Errorf("got target %v, at least %d", scaler.Spec.ScaleTargetRef, *scaler.Spec.MinReplicas)
	}
}

// TestNamespaceHasTheLevelOfThePods: whoever has the chart make the namespace gets the strictest level that admits the pods.
func TestNamespaceHasTheLevelOfThePods(t *testing.T) {
	for hostNetwork, want := range map[string]string{"false": "restricted", "true": "privileged"} {
		made := find(render(t, "--set", "namespace.create=true,hostNetwork="+hostNetwork), "Namespace", namespace)
		if got := made.GetLabels()["pod-security.kubernetes.io/enforce"]; got != want {
			t.Errorf("hostNetwork=%s: got level %q, want %q", hostNetwork, got, want)
		}
	}
}
