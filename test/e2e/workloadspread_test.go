package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

const matchedKey = "apps.kruise.io/matched-workloadspread"

func workloadSpread(name, version, target, subsets string) string {
	return "apiVersion: apps.kruise.io/" + version + "\nkind: WorkloadSpread\nmetadata: {name: " + name + "}\nspec: {targetRef: " + target + ", subsets: " + subsets + "}\n"
}

// TestWorkloadSpreadKind creates, updates and refuses objects of both versions, and reads them in the other one.
func TestWorkloadSpreadKind(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	for version, fields := range map[string]struct{ required, other, otherRequired string }{
		"v1alpha1": {"requiredNodeSelectorTerm", "v1beta1", "requiredNodeSelector"},
		"v1beta1":  {"requiredNodeSelector", "v1alpha1", "requiredNodeSelectorTerm"},
	} {
		t.Run(version, func(t *testing.T) {
			const term = "{matchExpressions: [{key: zone, operator: In, values: [a]}]}"
			stored := create(t, installed, namespace, workloadSpread(version, version, "{apiVersion: apps/v1, kind: Deployment, name: "+version+"}",
				"[{name: a, maxReplicas: 3, "+fields.required+": "+term+"}, {name: b, patch: {metadata: {labels: {subset: b}}}}]"))

			read := stored.DeepCopy()
			read.SetAPIVersion("apps.kruise.io/" + fields.other)
			read, err := installed.Client.Get(t.Context(), read)
			if err != nil {
				t.Fatal(err)
			}
			subsets, _, _ := unstructured.NestedSlice(read.Object, "spec", "subsets")
			if values, _, _ := unstructured.NestedSlice(subsets[0].(map[string]any), fields.otherRequired, "matchExpressions"); len(values) != 1 {
				t.Errorf("read as %s: %v", fields.other, subsets[0])
			}
			if label, _, _ := unstructured.NestedString(subsets[1].(map[string]any), "patch", "metadata", "labels", "subset"); label != "b" {
				t.Errorf("read as %s: %v", fields.other, subsets[1])
			}

			if _, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"scheduleStrategy":{"type":"Adaptive"}}}`); err != nil {
				t.Errorf("an update: %v", err)
			}
			_, err = installed.Client.Patch(t.Context(), stored, `{"spec":{"targetRef":{"name":"other"}}}`)
			wantRefused(t, err, "vworkloadspread.kb.io", "spec.targetRef", "immutable")
			_, err = installed.Client.Patch(t.Context(), stored, `{"spec":{"subsets":[{"name":"a","`+fields.required+`":{"matchExpressions":[{"key":"zone","operator":"Has"}]}}]}}`)
			wantRefused(t, err, "spec.subsets[0]."+fields.required+".matchExpressions[0].operator")
			controlplane.Eventually(t, "every replica knows it", func(context.Context) error {
				second := object(t, workloadSpread(version+"-again", version, "{apiVersion: apps/v1, kind: Deployment, name: "+version+"}", "[{name: a}]"))
				second.SetNamespace(namespace)
				if _, err := installed.Client.Create(t.Context(), second); err == nil {
					_ = installed.Client.Delete(t.Context(), second)
					return fmt.Errorf("a second one for the same Deployment was created")
				} else if !strings.Contains(err.Error(), version) {
					return err
				}
				return nil
			})
		})
	}
}

// TestWorkloadSpreadPatch judges a patch by the workload, with the rights of the ServiceAccount.
func TestWorkloadSpreadPatch(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	if _, err := installed.Client.Create(t.Context(), workload(t, "v1beta1", "CloneSet", namespace, "patched", "{type: RollingUpdate}")); err != nil {
		t.Fatal(err)
	}
	if _, err := installed.Client.Create(t.Context(), workload(t, "v1beta1", "StatefulSet", namespace, "patched", "{type: RollingUpdate}")); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"CloneSet", "StatefulSet"} {
		target := "{apiVersion: apps.kruise.io/v1beta1, kind: " + kind + ", name: patched}"
		broken := object(t, workloadSpread("broken", "v1beta1", target, `[{name: a, patch: {spec: {containers: [{name: c, resources: {requests: {cpu: "2"}, limits: {cpu: "1"}}}]}}}]`))
		broken.SetNamespace(namespace)
		_, err := installed.Client.Create(t.Context(), broken)
		wantRefused(t, err, "spec.subsets[0].patch.spec.containers[0].resources.requests")
		create(t, installed, namespace, workloadSpread("good-"+strings.ToLower(kind), "v1beta1", target, "[{name: a, patch: {spec: {priority: 5}}}]"))
	}
}

// spreadPods are pods of a CloneSet that nobody but the test controls.
type spreadPods struct {
	cluster   *controlplane.ControlPlane
	installed *installation.Installation
	namespace string
	owner     metav1.OwnerReference
}

// newSpread creates a CloneSet and a WorkloadSpread for it, and waits until both replicas know that.
func newSpread(t *testing.T, name, subsets string) (spreadPods, *unstructured.Unstructured) {
	t.Helper()
	cluster, installed := install(t)
	s := spreadPods{cluster: cluster, installed: installed, namespace: cluster.NamespaceForTest(t)}
	set, err := installed.Client.Create(t.Context(), workload(t, "v1beta1", "CloneSet", s.namespace, name, "{type: RollingUpdate}"))
	if err != nil {
		t.Fatal(err)
	}
	s.owner = *metav1.NewControllerRef(set, set.GroupVersionKind())
	spread := create(t, installed, s.namespace, workloadSpread(name, "v1beta1", "{apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, name: "+name+"}", subsets))
	everyReplica(t, installed, "spreads pods", s.pod(), func(pod *corev1.Pod) error {
		if subsetOf(pod) == "" {
			return errors.New("the pod has no subset")
		}
		return nil
	})
	return s, spread
}

func (s spreadPods) pod() *corev1.Pod {
	return newPod(s.namespace, nil, func(pod *corev1.Pod) { pod.OwnerReferences = []metav1.OwnerReference{s.owner} })
}

func (s spreadPods) create(ctx context.Context) (*corev1.Pod, error) {
	return s.cluster.Client().CoreV1().Pods(s.namespace).Create(ctx, s.pod(), metav1.CreateOptions{})
}

// subsetOf is the subset in the annotation of a pod; empty if it has none.
func subsetOf(pod *corev1.Pod) string {
	var matched struct{ Name, Subset string }
	if json.Unmarshal([]byte(pod.Annotations[matchedKey]), &matched) != nil {
		return ""
	}
	return matched.Subset
}

// counts are what the status says: missing replicas, and how many pods come and go, by subset.
func (s spreadPods) counts(t *testing.T, spread *unstructured.Unstructured, version string) map[string][3]int64 {
	t.Helper()
	stored, err := s.installed.Client.Get(t.Context(), spread)
	if err != nil {
		t.Fatal(err)
	}
	subsets, _, _ := unstructured.NestedSlice(stored.Object, "status", "versionedSubsetStatuses", version)
	counts := map[string][3]int64{}
	for _, subset := range subsets {
		status := subset.(map[string]any)
		missing, _, _ := unstructured.NestedInt64(status, "missingReplicas")
		creating, _, _ := unstructured.NestedMap(status, "creatingPods")
		deleting, _, _ := unstructured.NestedMap(status, "deletingPods")
		counts[status["name"].(string)] = [3]int64{missing, int64(len(creating)), int64(len(deleting))}
	}
	return counts
}

// TestSubsetTakesNoMoreThanItsPods creates thirty pods at once through two replicas, for a subset of ten.
func TestSubsetTakesNoMoreThanItsPods(t *testing.T) {
	s, spread := newSpread(t, "ten", "[{name: a, maxReplicas: 10, tolerations: [{key: spot, operator: Exists}]}, {name: b}]")
	var mutex sync.Mutex
	subsets, tolerating := map[string]int{}, 0
	var creators sync.WaitGroup
	for range 30 {
		creators.Go(func() {
			pod, err := s.create(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			mutex.Lock()
			defer mutex.Unlock()
			subsets[subsetOf(pod)]++
			for _, toleration := range pod.Spec.Tolerations {
				if toleration.Key == "spot" {
					tolerating++
				}
			}
		})
	}
	creators.Wait()
	if want := map[string]int{"a": 10, "b": 20}; !maps.Equal(subsets, want) || tolerating != 10 {
		t.Errorf("pods by subset: %v, want %v; %d have the toleration, want 10", subsets, want, tolerating)
	}
	if counts, want := s.counts(t, spread, "versionIgnored"), map[string][3]int64{"a": {0, 10, 0}, "b": {-1, 0, 0}}; !maps.Equal(counts, want) {
		t.Errorf("status %v, want %v", counts, want)
	}
}

// TestPodsThatGoMakeRoom deletes and evicts pods of a full subset.
func TestPodsThatGoMakeRoom(t *testing.T) {
	s, spread := newSpread(t, "room", "[{name: a, maxReplicas: 2}, {name: b, maxReplicas: 0}]")
	pods := s.cluster.Client().CoreV1().Pods(s.namespace)
	var inA []*corev1.Pod
	for i, want := range []string{"a", "a", ""} {
		pod, err := s.create(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if subsetOf(pod) != want {
			t.Errorf("pod %d is in subset %q, want %q", i, subsetOf(pod), want)
		}
		inA = append(inA, pod)
	}
	// OpenKruise's controller sees the pods after a moment, and counts them.
	full := `{"status":{"versionedSubsetStatuses":{"versionIgnored":[{"name":"a","replicas":2,"missingReplicas":0},{"name":"b","replicas":0,"missingReplicas":0}]}}}`
	writeStatus := func() {
		t.Helper()
		if _, err := patchStatus(t, s.installed, spread, full); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, a [3]int64) {
		t.Helper()
		if counts := s.counts(t, spread, "versionIgnored"); counts["a"] != a {
			t.Errorf("%s: %v, want %v for a", what, counts, a)
		}
	}
	writeStatus()
	dryRun := []string{metav1.DryRunAll}
	if err := pods.Delete(t.Context(), inA[0].Name, metav1.DeleteOptions{DryRun: dryRun}); err != nil {
		t.Error(err)
	}
	eviction := func(name string, dryRun []string) error {
		return pods.EvictV1(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: name}, DeleteOptions: &metav1.DeleteOptions{DryRun: dryRun}})
	}
	if err := eviction(inA[0].Name, dryRun); err != nil {
		t.Error(err)
	}
	expect("after dry runs", [3]int64{0, 0, 0})
	if err := pods.Delete(t.Context(), inA[0].Name, metav1.DeleteOptions{}); err != nil {
		t.Error(err)
	}
	expect("after a deletion", [3]int64{1, 0, 1})
	if err := eviction(inA[1].Name, nil); err != nil {
		t.Error(err)
	}
	expect("after an eviction", [3]int64{2, 0, 2})
	pod, err := s.create(t.Context())
	if err != nil || subsetOf(pod) != "a" {
		t.Errorf("a new pod is in subset %q (%v), want a", subsetOf(pod), err)
	}
	expect("after a creation", [3]int64{1, 1, 2})
}

// patchStatus writes what OpenKruise's controller would.
func patchStatus(t *testing.T, installed *installation.Installation, o *unstructured.Unstructured, patch string) (*unstructured.Unstructured, error) {
	t.Helper()
	return writer(t, installed, o).Patch(t.Context(), o.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{}, "status")
}

// TestPodsOfADeployment lets the controllers of Kubernetes create the pods: the ReplicaSet leads to the Deployment.
func TestPodsOfADeployment(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	labels := map[string]string{"app": "deployed"}
	deployment, err := cluster.Client().AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "deployed"},
		Spec: appsv1.DeploymentSpec{
			Replicas: new(int32), Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
			},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	create(t, installed, namespace, workloadSpread("deployed", "v1beta1", "{apiVersion: apps/v1, kind: Deployment, name: deployed}",
		`[{name: a, maxReplicas: "25%", patch: {metadata: {labels: {subset: a}}}}, {name: b, maxReplicas: "75%", patch: {metadata: {labels: {subset: b}}}}, {name: c}]`))
	// Both replicas must know of it before the pods come: while the Deployment wants none, a pod that is only tried gets the last subset.
	var owner *metav1.OwnerReference
	controlplane.Eventually(t, "the Deployment has a ReplicaSet", func(ctx context.Context) error {
		sets, err := cluster.Client().AppsV1().ReplicaSets(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(sets.Items) != 1 {
			return fmt.Errorf("%d ReplicaSets", len(sets.Items))
		}
		owner = metav1.NewControllerRef(&sets.Items[0], appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
		return nil
	})
	tried := newPod(namespace, nil, func(pod *corev1.Pod) { pod.OwnerReferences = []metav1.OwnerReference{*owner} })
	everyReplica(t, installed, "spreads pods", tried, func(pod *corev1.Pod) error {
		if got := subsetOf(pod); got != "c" {
			return fmt.Errorf("the pod has subset %q", got)
		}
		return nil
	})
	_, err = cluster.Client().AppsV1().Deployments(namespace).Patch(t.Context(), deployment.Name, types.MergePatchType, []byte(`{"spec":{"replicas":12}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "twelve pods are there", func(ctx context.Context) error {
		pods, err := cluster.Client().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		subsets := map[string]int{}
		for _, pod := range pods.Items {
			subsets[pod.Labels["subset"]]++
		}
		if want := map[string]int{"a": 3, "b": 9}; !maps.Equal(subsets, want) {
			return fmt.Errorf("%v, want %v", subsets, want)
		}
		return nil
	})
}
