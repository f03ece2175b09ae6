package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

func TestPodUnavailableBudgetKind(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	budget := func(version, name, more string) *unstructured.Unstructured {
		o := object(t, "apiVersion: policy.kruise.io/"+version+"\nkind: PodUnavailableBudget\nmetadata: {name: "+name+"}\nspec: {maxUnavailable: 1}\n")
		o.SetNamespace(namespace)
		for member, value := range object(t, "kind: None\n"+more).Object {
			if member == "spec" {
				for name, value := range value.(map[string]any) {
					o.Object["spec"].(map[string]any)[name] = value
				}
			} else if member == "annotations" {
				if err := unstructured.SetNestedField(o.Object, value, "metadata", "annotations"); err != nil {
					t.Fatal(err)
				}
			}
		}
		return o
	}
	as := func(o *unstructured.Unstructured, version string) *unstructured.Unstructured {
		t.Helper()
		other := o.DeepCopy()
		other.SetAPIVersion("policy.kruise.io/" + version)
		read, err := installed.Client.Get(t.Context(), other)
		if err != nil {
			t.Fatal(err)
		}
		return read
	}

	older := budget("v1alpha1", "older", `
annotations: {kruise.io/pub-protect-operations: " DELETE , EVICT,", pub.kruise.io/protect-total-replicas: "10"}
spec: {selector: {matchLabels: {app: older}}}`)
	if _, err := installed.Client.Create(t.Context(), older); err != nil {
		t.Fatal(err)
	}
	newest := as(older, "v1beta1")
	operations, _, _ := unstructured.NestedStringSlice(newest.Object, "spec", "protectOperations")
	total, _, _ := unstructured.NestedInt64(newest.Object, "spec", "protectTotalReplicas")
	if strings.Join(operations, ",") != "DELETE,EVICT" || total != 10 {
		t.Errorf("v1alpha1 read as v1beta1: %v", newest.Object["spec"])
	}
	if back := as(older, "v1alpha1"); back.GetAnnotations()["kruise.io/pub-protect-operations"] != " DELETE , EVICT," ||
		back.GetAnnotations()["pub.kruise.io/protect-total-replicas"] != "10" {
		t.Errorf("v1alpha1 read again: %v", back.GetAnnotations())
	}

	newer := budget("v1beta1", "newer", `spec: {selector: {matchLabels: {app: newer}}, protectOperations: [EVICT], ignoredPodSelector: {matchLabels: {a: b}}}`)
	if _, err := installed.Client.Create(t.Context(), newer); err != nil {
		t.Fatal(err)
	}
	if read := as(newer, "v1alpha1"); read.GetAnnotations()["kruise.io/pub-protect-operations"] != "EVICT" {
		t.Errorf("v1beta1 read as v1alpha1: %v", read.Object)
	}
	// Written back in the older version, nothing is lost.
	older2 := as(newer, "v1alpha1")
	if _, err := installed.Client.Patch(t.Context(), older2, `{"spec":{"maxUnavailable":"30%"}}`); err != nil {
		t.Errorf("an update: %v", err)
	}
	if _, found, _ := unstructured.NestedMap(as(newer, "v1beta1").Object, "spec", "ignoredPodSelector", "matchLabels"); !found {
		t.Error("an update in v1alpha1 has lost spec.ignoredPodSelector")
	}

	_, err := installed.Client.Create(t.Context(), budget("v1beta1", "neither", ""))
	wantRefused(t, err, "spec.selector", "spec.targetRef")
	_, err = installed.Client.Create(t.Context(), budget("v1alpha1", "bogus", `
annotations: {kruise.io/pub-protect-operations: BOGUS}
spec: {selector: {matchLabels: {app: bogus}}}`))
	wantRefused(t, err, "metadata.annotations[kruise.io/pub-protect-operations]", "BOGUS")
	_, err = installed.Client.Patch(t.Context(), newer, `{"spec":{"selector":{"matchLabels":{"app":"other"}}}}`)
	wantRefused(t, err, "spec.selector", "cannot change")
	controlplane.Eventually(t, "every replica knows the budget", func(context.Context) error {
		_, err := installed.Client.Create(t.Context(), budget("v1beta1", "same", `spec: {selector: {matchLabels: {app: newer}}}`))
		if err == nil {
			_ = installed.Client.Delete(t.Context(), budget("v1beta1", "same", ""))
			return errors.New("a second budget for the same pods was created")
		}
		if !strings.Contains(err.Error(), `"newer"`) {
			return fmt.Errorf("refused for another reason: %w", err)
		}
		return nil
	})
}

// budgetWith creates a budget that lets some pods become unavailable now, as its controller would say in the status.
func budgetWith(t *testing.T, installed *installation.Installation, namespace, name string, allowed int, spec string) *unstructured.Unstructured {
	t.Helper()
	stored := create(t, installed, namespace, "apiVersion: policy.kruise.io/v1beta1\nkind: PodUnavailableBudget\nmetadata: {name: "+name+
		"}\nspec: {maxUnavailable: 1, selector: {matchLabels: {budget: "+name+"}}"+spec+"}\n")
	allow(t, installed, stored, allowed)
	return stored
}

func allow(t *testing.T, installed *installation.Installation, budget *unstructured.Unstructured, allowed int) {
	t.Helper()
	status := fmt.Sprintf(`{"status":{"unavailableAllowed":%d,"currentAvailable":50,"desiredAvailable":49,"totalReplicas":50,"disruptedPods":null,"unavailablePods":null}}`, allowed)
	if _, err := writer(t, installed, budget).Patch(t.Context(), budget.GetName(), types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

// statusOf returns how many more pods may go, and how many have been let go.
func statusOf(t *testing.T, installed *installation.Installation, budget *unstructured.Unstructured) (allowed int64, disrupted, updated int) {
	t.Helper()
	read, err := installed.Client.Get(t.Context(), budget)
	if err != nil {
		t.Fatal(err)
	}
	allowed, _, _ = unstructured.NestedInt64(read.Object, "status", "unavailableAllowed")
	disruptedPods, _, _ := unstructured.NestedMap(read.Object, "status", "disruptedPods")
	updatedPods, _, _ := unstructured.NestedMap(read.Object, "status", "unavailablePods")
	return allowed, len(disruptedPods), len(updatedPods)
}

// readyPod creates a pod of a budget and makes it ready.
func readyPod(t *testing.T, cluster *controlplane.ControlPlane, namespace, budget string) *corev1.Pod {
	t.Helper()
	pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"budget": budget}, func(pod *corev1.Pod) {
		pod.Annotations = map[string]string{"pub.kruise.io/related-pub": budget}
		pod.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}
	})
	if err != nil {
		t.Fatal(err)
	}
	if pod, err = controlplane.SetPodReady(t.Context(), cluster.Client(), pod); err != nil {
		t.Fatal(err)
	}
	// A node that reports resources is one on which pods can be resized.
	pod.Status.ContainerStatuses[0].Resources = &pod.Spec.Containers[0].Resources
	if pod, err = cluster.Client().CoreV1().Pods(namespace).UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	return pod
}

// TestBudgetUnderConcurrentEvictions evicts 50 pods at once through two replicas: a budget of 1 lets exactly 1 go.
func TestBudgetUnderConcurrentEvictions(t *testing.T) {
	cluster, installed := install(t)
	if replicas := len(installed.Replicas()); replicas < 2 {
		t.Fatalf("%d replicas", replicas)
	}
	namespace := cluster.NamespaceForTest(t)
	budget := budgetWith(t, installed, namespace, "web", 1, "")
	// Without limits of its own, so that the requests meet.
	config := rest.CopyConfig(cluster.RESTConfig())
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	const count = 50
	pods := make([]*corev1.Pod, count)
	for i := range pods {
		pods[i] = readyPod(t, cluster, namespace, "web")
	}
	errs := make([]error, count)
	begin := make(chan struct{})
	var group sync.WaitGroup
	for i, pod := range pods {
		group.Go(func() {
			<-begin
			errs[i] = client.PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pod.Name}})
		})
	}
	close(begin)
	group.Wait()

	evicted := 0
	for i, err := range errs {
		switch {
		case err == nil:
			evicted++
		case !apierrors.IsTooManyRequests(err) || !apierrors.HasStatusCause(err, policyv1.DisruptionBudgetCause):
			t.Errorf("pod %d: %v, want 429 with the cause of disruption budgets", i, err)
		default:
			wantRefused(t, err, `PodUnavailableBudget "web"`, "try again")
		}
	}
	if evicted != 1 {
		t.Errorf("%d of %d pods were evicted, want 1", evicted, count)
	}
	left, err := client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(left.Items) != count-1 {
		t.Errorf("%d pods are left, want %d", len(left.Items), count-1)
	}
	if allowed, disrupted, _ := statusOf(t, installed, budget); allowed != 0 || disrupted != 1 {
		t.Errorf("the budget allows %d more and has let %d go, want 0 and 1", allowed, disrupted)
	}
	events, err := client.EventsV1().Events(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=PubPreventPodDeletion"})
	if err != nil {
		t.Fatal(err)
	}
	if len(events.Items) != count-1 {
		t.Errorf("%d events, want one for every pod that was kept", len(events.Items))
	}
}

// TestBudget goes through what a budget is asked about, and what it is not.
func TestBudget(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	budget := budgetWith(t, installed, namespace, "db", 0, "")
	pods := cluster.Client().CoreV1().Pods(namespace)
	evict := func(name string, dryRun ...string) error {
		return cluster.Client().PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, DeleteOptions: &metav1.DeleteOptions{DryRun: dryRun},
		})
	}
	unchanged := func(what string, want int64) {
		t.Helper()
		if allowed, disrupted, updated := statusOf(t, installed, budget); allowed != want || disrupted+updated != 0 {
			t.Errorf("after %s the budget allows %d more and has let %d go", what, allowed, disrupted+updated)
		}
	}
	kept := func(what string, err error) {
		t.Helper()
		if !apierrors.IsForbidden(err) {
			t.Errorf("%s: %v, want that it is forbidden", what, err)
		}
		wantRefused(t, err, `PodUnavailableBudget "db"`, "50 of 50 pods are available and 49 must stay so", "pub.kruise.io/no-protect")
	}
	pod := readyPod(t, cluster, namespace, "db")
	change := func(name, patch string, subresources ...string) error {
		_, err := pods.Patch(t.Context(), name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{}, subresources...)
		return err
	}

	kept("delete", pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}))
	kept("delete of a collection", pods.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "budget=db"}))
	kept("dry run of a delete", pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}))
	kept("image", change(pod.Name, `{"spec":{"containers":[{"name":"app","image":"app:2"}]}}`))
	kept("image, without the annotation", change(pod.Name, `{"metadata":{"annotations":{"pub.kruise.io/related-pub":null}},"spec":{"containers":[{"name":"app","image":"app:2"}]}}`))
	kept("label", change(pod.Name, `{"metadata":{"labels":{"unavailable-pod.kruise.io/test":"yes"}}}`))
	kept("resize", change(pod.Name, `{"spec":{"containers":[{"name":"app","resources":{"requests":{"cpu":"50m"}}}]}}`, "resize"))
	if err := evict(pod.Name); !apierrors.IsTooManyRequests(err) {
		t.Errorf("eviction: %v, want 429", err)
	}
	for what, patch := range map[string]string{
		"another label": `{"metadata":{"labels":{"a":"b"}}}`,
		"a toleration":  `{"spec":{"tolerations":[{"key":"a","operator":"Exists"}]}}`,
	} {
		if err := change(pod.Name, patch); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	unchanged("what was kept", 0)

	allow(t, installed, budget, 1)
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}}); err != nil {
		t.Errorf("dry run of a delete: %v", err)
	}
	if err := evict(pod.Name, metav1.DryRunAll); err != nil {
		t.Errorf("dry run of an eviction: %v", err)
	}
	unchanged("dry runs", 1)
	if err := change(pod.Name, `{"spec":{"containers":[{"name":"app","image":"app:2"}]}}`); err != nil {
		t.Errorf("image: %v", err)
	}
	if allowed, _, updated := statusOf(t, installed, budget); allowed != 0 || updated != 1 {
		t.Errorf("after an update the budget allows %d and has let %d go", allowed, updated)
	}
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Errorf("a pod that was let go before: %v", err)
	}

	pod = readyPod(t, cluster, namespace, "db")
	kept("another pod", pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}))
	if err := change(pod.Name, `{"metadata":{"annotations":{"pub.kruise.io/no-protect":"true"}}}`); err != nil {
		t.Error(err)
	}
	if err := evict(pod.Name); err != nil {
		t.Errorf("a pod that is not protected: %v", err)
	}
	pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"budget": "db"}, func(pod *corev1.Pod) {
		pod.Annotations = map[string]string{"pub.kruise.io/related-pub": "db"}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Errorf("a pod that is not ready: %v", err)
	}
	var status apierrors.APIStatus
	if err := evict("nobody"); !errors.As(err, &status) || status.Status().Code != http.StatusNotFound {
		t.Errorf("eviction of a pod that does not exist: %v, want 404", err)
	}
}

// A pod gets its budget when it is created, and loses it when the budget is gone.
func TestBudgetFromItsSelector(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	budget := budgetWith(t, installed, namespace, "cache", 0, "")
	pods := cluster.Client().CoreV1().Pods(namespace)
	var pod *corev1.Pod
	controlplane.Eventually(t, "a new pod gets its budget", func(ctx context.Context) error {
		made, err := createPod(ctx, cluster, namespace, map[string]string{"budget": "cache"})
		if err != nil {
			return err
		}
		if made.Annotations["pub.kruise.io/related-pub"] != "cache" {
			return fmt.Errorf("annotations %v", made.Annotations)
		}
		pod = made
		return nil
	})
	pod, err := controlplane.SetPodReady(t.Context(), cluster.Client(), pod)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}), `PodUnavailableBudget "cache"`)
	if err := installed.Client.Delete(t.Context(), budget); err != nil {
		t.Fatal(err)
	}
	if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
		t.Errorf("a pod whose budget is gone: %v", err)
	}
}

// A namespace that is deleted takes its budgets with it, and then the pods that they kept.
func TestNamespaceWithBudgetGoes(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	budgetWith(t, installed, namespace, "web", 0, "")
	readyPod(t, cluster, namespace, "web")
	namespaces := cluster.Client().CoreV1().Namespaces()
	if err := namespaces.Delete(t.Context(), namespace, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the namespace is gone", func(ctx context.Context) error {
		left, err := namespaces.Get(ctx, namespace, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil:
			return err
		}
		return fmt.Errorf("%v", left.Status.Conditions)
	})
}

// TestBudgetOutage stops every replica: only ready pods that have a budget wait for one, and drains go on.
func TestBudgetOutage(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed := installOn(t, cluster)
	namespace := cluster.NamespaceForTest(t)
	budgetWith(t, installed, namespace, "web", 5, "")
	pods := cluster.Client().CoreV1().Pods(namespace)
	protected, drained := readyPod(t, cluster, namespace, "web"), readyPod(t, cluster, namespace, "web")
	notReady, err := createPod(t.Context(), cluster, namespace, nil, func(pod *corev1.Pod) {
		pod.Annotations = map[string]string{"pub.kruise.io/related-pub": "web"}
	})
	if err != nil {
		t.Fatal(err)
	}
	unprotected, err := createPod(t.Context(), cluster, namespace, nil)
	if err != nil {
		t.Fatal(err)
	}
	if unprotected, err = controlplane.SetPodReady(t.Context(), cluster.Client(), unprotected); err != nil {
		t.Fatal(err)
	}
	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	wantRefused(t, pods.Delete(t.Context(), protected.Name, metav1.DeleteOptions{}), "vpod.kb.io", "failed calling webhook")
	if _, err := pods.Patch(t.Context(), protected.Name, types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`), metav1.PatchOptions{}); err != nil {
		t.Errorf("a label of a protected pod: %v", err)
	}
	for what, pod := range map[string]*corev1.Pod{"a pod that is not ready": notReady, "a pod without a budget": unprotected} {
		if err := pods.Delete(t.Context(), pod.Name, metav1.DeleteOptions{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	err = cluster.Client().PolicyV1().Evictions(namespace).Evict(t.Context(), &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: drained.Name}})
	if err != nil {
		t.Errorf("an eviction: %v", err)
	}
}
