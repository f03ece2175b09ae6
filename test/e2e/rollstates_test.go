package e2e

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// roll follows the pods and ReplicaSets of a namespace through every state.
type roll struct {
	mu     sync.Mutex
	events []watch.Event
	// now is what the events have led to so far.
	now state
	// from is the resourceVersion from which on the limits of the Deployment hold.
	from     uint64
	created  int
	problems []string
}

// state is what there is at one moment.
type state struct {
	pods        map[types.UID]*corev1.Pod
	replicaSets map[types.UID]*appsv1.ReplicaSet
}

func newState() state {
	return state{pods: map[types.UID]*corev1.Pod{}, replicaSets: map[types.UID]*appsv1.ReplicaSet{}}
}

// observeRoll looks at all pods and ReplicaSets of the empty namespace from now on until the test ends.
func observeRoll(t *testing.T, cluster *controlplane.ControlPlane, namespace string) *roll {
	t.Helper()
	r := &roll{now: newState()}
	list, err := cluster.Client().CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) > 0 {
		t.Fatalf("the namespace has %d pods already", len(list.Items))
	}
	from := metav1.ListOptions{ResourceVersion: list.ResourceVersion}
	pods, err := cluster.Client().CoreV1().Pods(namespace).Watch(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	replicaSets, err := cluster.Client().AppsV1().ReplicaSets(namespace).Watch(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	var watching sync.WaitGroup
	for _, stream := range []watch.Interface{pods, replicaSets} {
		watching.Go(func() {
			for event := range stream.ResultChan() {
				r.see(event)
			}
		})
	}
	t.Cleanup(func() {
		pods.Stop()
		replicaSets.Stop()
		watching.Wait()
	})
	return r
}

// see takes one event.
func (r *roll) see(event watch.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if event.Type == watch.Error {
		r.problems = append(r.problems, fmt.Sprintf("a watch was interrupted: %v", event.Object))
		return
	}
	r.events = append(r.events, event)
	r.now.apply(event)
	if pod, ok := event.Object.(*corev1.Pod); ok && event.Type == watch.Added {
		r.created++
		if problem := injected(pod); problem != "" {
			r.problems = append(r.problems, fmt.Sprintf("pod %s %s", pod.Name, problem))
		}
	}
}

// replay goes through all states since the limits hold, in the order of etcd: resourceVersions of one etcd are comparable over all kinds.
// It reports what was seen to be wrong, and returns the extremes.
func (r *roll) replay(t *testing.T) (states, most, least int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, problem := range r.problems {
		t.Error(problem)
	}
	slices.SortStableFunc(r.events, func(a, b watch.Event) int { return cmp.Compare(versionOf(a), versionOf(b)) })
	now := newState()
	least = frontendReplicas
	for _, event := range r.events {
		now.apply(event)
		if versionOf(event) < r.from {
			continue
		}
		states++
		pods, available := now.wanted(), now.available("")
		most, least = max(most, pods), min(least, available)
		if pods > frontendMost || available < frontendLeast {
			t.Errorf("%s of %T %s: %d pods, %d available; allowed are %d and %d", event.Type, event.Object,
				event.Object.(metav1.Object).GetName(), pods, available, frontendMost, frontendLeast)
		}
	}
	return states, most, least
}

func versionOf(event watch.Event) uint64 {
	version, err := strconv.ParseUint(event.Object.(metav1.Object).GetResourceVersion(), 10, 64)
	if err != nil {
		panic(err) // what the API server never writes
	}
	return version
}

// apply makes the state what it is after an event.
func (s state) apply(event watch.Event) {
	switch object := event.Object.(type) {
	case *corev1.Pod:
		s.pods[object.UID] = object
		if event.Type == watch.Deleted {
			delete(s.pods, object.UID)
		}
	case *appsv1.ReplicaSet:
		s.replicaSets[object.UID] = object
		if event.Type == watch.Deleted {
			delete(s.replicaSets, object.UID)
		}
	}
}

// wanted counts the pods that are not being deleted. Where a ReplicaSet was told to have fewer pods than it still has, those in excess do not
// count: the Deployment controller does not wait until they are deleted before it makes others.
func (s state) wanted() int {
	pods := map[types.UID]int{}
	for _, pod := range s.pods {
		if owner := metav1.GetControllerOfNoCopy(pod); owner != nil && pod.DeletionTimestamp == nil {
			pods[owner.UID]++
		}
	}
	count := 0
	for owner, n := range pods {
		if set := s.replicaSets[owner]; set != nil {
			n = min(n, int(*set.Spec.Replicas))
		}
		count += n
	}
	return count
}

// available counts the ready pods whose image ends like that and that are not being deleted.
func (s state) available(image string) (count int) {
	for _, pod := range s.pods {
		if pod.DeletionTimestamp != nil || !strings.HasSuffix(pod.Spec.Containers[len(pod.Spec.Containers)-1].Image, image) {
			continue
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				count++
			}
		}
	}
	return count
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

// enforce makes the limits hold from now on.
func (r *roll) enforce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Two watches: what has come last need not be what has happened last.
	for _, event := range r.events {
		r.from = max(r.from, versionOf(event))
	}
}

// waitFor waits until exactly the wanted number of pods is left, all available and with an image that ends like that.
func (r *roll) waitFor(t *testing.T, image string) {
	t.Helper()
	controlplane.Eventually(t, fmt.Sprintf("%d pods run %s", frontendReplicas, image), func(context.Context) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if available := r.now.available(image); available != frontendReplicas || len(r.now.pods) != frontendReplicas {
			return fmt.Errorf("%d available, %d pods in all", available, len(r.now.pods))
		}
		return nil
	})
}

// waitSettled waits until the ReplicaSets say that they are done, after which no event is missing.
func (r *roll) waitSettled(t *testing.T) {
	t.Helper()
	controlplane.Eventually(t, "the ReplicaSets are done", func(context.Context) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		replicas, available := 0, 0
		for _, set := range r.now.replicaSets {
			replicas += int(set.Status.Replicas)
			available += int(set.Status.AvailableReplicas)
		}
		if len(r.now.replicaSets) != 2 || replicas != frontendReplicas || available != frontendReplicas {
			return fmt.Errorf("%d ReplicaSets with %d pods, %d available", len(r.now.replicaSets), replicas, available)
		}
		return nil
	})
}
