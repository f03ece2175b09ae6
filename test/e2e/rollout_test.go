package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// What examples/deployment-frontend.yaml promises: 25 replicas, maxSurge 3, maxUnavailable 2.
const (
	frontendReplicas = 25
	frontendMost     = 28
	frontendLeast    = 23
)

// TestRollout rolls the Deployment of examples/ from one image to the next while a kubelet is played. Every state of its pods that the
// API server went through is looked at: each pod is injected, there are never more than 28, and never fewer than 23 are available.
func TestRollout(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	// Some pods are slower than others, so that the controller has to wait for the limits.
	cluster.KubeletForTest(t, namespace, func(n int) time.Duration { return time.Duration(n%4) * 50 * time.Millisecond })
	sidecarSet(t, cluster, installed, namespace, "rollout", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-rollout}
spec:
  selector: {matchLabels: {e2e: rollout}}
  initContainers: [{name: mesh, image: "mesh:1", restartPolicy: Always}]
  updateStrategy: {type: NotUpdate}
  containers: [{name: agent, image: "agent:1"}]
`)
	deployment := frontend(t)
	roll := observeRoll(t, cluster, namespace)
	deployment.SetNamespace(namespace)
	if _, err := installed.Client.Create(t.Context(), deployment); err != nil {
		t.Fatal(err)
	}
	roll.waitFor(t, "php-redis:v4")
	roll.enforce()
	container := deployment.Object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	container["image"] = strings.Replace(container["image"].(string), ":v4", ":v5", 1)
	next, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{container}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := installed.Client.Patch(t.Context(), deployment, string(next)); err != nil {
		t.Fatal(err)
	}
	roll.waitFor(t, "php-redis:v5")

	roll.mu.Lock()
	defer roll.mu.Unlock()
	for _, problem := range roll.problems {
		t.Error(problem)
	}
	if roll.created != 2*frontendReplicas {
		t.Errorf("%d pods were created, want %d", roll.created, 2*frontendReplicas)
	}
	if roll.most <= frontendReplicas || roll.least >= frontendReplicas {
		t.Errorf("the roll was never seen under way: between %d available and %d pods", roll.least, roll.most)
	}
	t.Logf("%d states: at most %d pods, at least %d available", roll.states, roll.most, roll.least)
}

// frontend is the Deployment of examples/, with the label that this test's SidecarSet selects.
func frontend(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	objects, err := installation.Read(filepath.Join(installation.Root(), "examples", "deployment-frontend.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	deployment := objects[0]
	err = unstructured.SetNestedField(deployment.Object, "rollout", "spec", "template", "metadata", "labels", "e2e")
	for _, limit := range []struct {
		want int64
		path []string
	}{
		{frontendReplicas, []string{"spec", "replicas"}},
		{frontendMost - frontendReplicas, []string{"spec", "strategy", "rollingUpdate", "maxSurge"}},
		{frontendReplicas - frontendLeast, []string{"spec", "strategy", "rollingUpdate", "maxUnavailable"}},
	} {
		got, _, limitErr := unstructured.NestedInt64(deployment.Object, limit.path...)
		if err = errors.Join(err, limitErr); got != limit.want {
			t.Fatalf("%s is %d in examples/, this test expects %d", strings.Join(limit.path, "."), got, limit.want)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return deployment
}

// roll follows the pods of a namespace through every state.
type roll struct {
	mu   sync.Mutex
	pods map[types.UID]*corev1.Pod
	// limited says that the limits of the Deployment hold from now on.
	limited                      bool
	created, states, most, least int
	problems                     []string
}

// observeRoll looks at every pod of the namespace from now on until the test ends.
func observeRoll(t *testing.T, cluster *controlplane.ControlPlane, namespace string) *roll {
	t.Helper()
	pods := cluster.Client().CoreV1().Pods(namespace)
	list, err := pods.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) > 0 {
		t.Fatalf("the namespace has %d pods already", len(list.Items))
	}
	stream, err := pods.Watch(t.Context(), metav1.ListOptions{ResourceVersion: list.ResourceVersion})
	if err != nil {
		t.Fatal(err)
	}
	r := &roll{pods: map[types.UID]*corev1.Pod{}, least: frontendReplicas}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for event := range stream.ResultChan() {
			r.see(event)
		}
	}()
	t.Cleanup(func() {
		stream.Stop()
		<-over
	})
	return r
}

// see takes one event, after which the pods are what they were in etcd at one moment: events come in their order there.
func (r *roll) see(event watch.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pod, ok := event.Object.(*corev1.Pod)
	if !ok {
		r.problems = append(r.problems, fmt.Sprintf("the watch was interrupted: %v", event.Object))
		return
	}
	switch event.Type {
	case watch.Added:
		r.created++
		if problem := injected(pod); problem != "" {
			r.problems = append(r.problems, fmt.Sprintf("pod %s %s", pod.Name, problem))
		}
		fallthrough
	case watch.Modified:
		r.pods[pod.UID] = pod
	case watch.Deleted:
		delete(r.pods, pod.UID)
	}
	if !r.limited {
		return
	}
	// Pods that are being deleted count neither for maxSurge nor as available.
	pods, available := r.count(func(*corev1.Pod) bool { return true })
	r.states++
	r.most, r.least = max(r.most, pods), min(r.least, available)
	if pods > frontendMost || available < frontendLeast {
		r.problems = append(r.problems, fmt.Sprintf("%s of %s: %d pods, %d available; allowed are %d and %d",
			event.Type, pod.Name, pods, available, frontendMost, frontendLeast))
	}
}

// injected says what a pod of this test lacks, or "".
func injected(pod *corev1.Pod) string {
	if got := names(pod.Spec.Containers); len(got) != 2 || got[0] != "agent" || got[1] != "php-redis" {
		return fmt.Sprintf("has containers %v, want agent and php-redis", got)
	}
	if got := names(pod.Spec.InitContainers); len(got) != 1 || got[0] != "mesh" {
		return fmt.Sprintf("has init containers %v, want mesh", got)
	}
	if list := pod.Annotations["kruise.io/sidecarset-injected-list"]; list != "e2e-rollout" {
		return fmt.Sprintf("lists %q as injected, want e2e-rollout", list)
	}
	return ""
}

// count counts the pods that are wanted and not being deleted, and those of them that are ready.
func (r *roll) count(wanted func(*corev1.Pod) bool) (pods, available int) {
	for _, pod := range r.pods {
		if pod.DeletionTimestamp != nil || !wanted(pod) {
			continue
		}
		pods++
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				available++
			}
		}
	}
	return pods, available
}

// enforce makes the limits hold from now on.
func (r *roll) enforce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limited = true
}

// waitFor waits until exactly the wanted number of pods is left, all available and with an image that ends like that.
func (r *roll) waitFor(t *testing.T, image string) {
	t.Helper()
	controlplane.Eventually(t, fmt.Sprintf("%d pods run %s", frontendReplicas, image), func(context.Context) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		_, available := r.count(func(pod *corev1.Pod) bool {
			return strings.HasSuffix(pod.Spec.Containers[len(pod.Spec.Containers)-1].Image, image)
		})
		if available != frontendReplicas || len(r.pods) != frontendReplicas {
			return fmt.Errorf("%d available, %d pods in all", available, len(r.pods))
		}
		return nil
	})
}
