package e2e

import (
	"context"
	"encoding/json"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

const (
	jobPod = `{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"c:1"}]}}`
)

var jobKinds = []kindUnderTest{{
	kind: "BroadcastJob",
	specs: map[string]string{
		"v1alpha1": `{"template":` + jobPod + `}`,
		"v1beta1":  `{"template":` + jobPod + `,"completionPolicy":{"type":"Never"},"parallelism":"50%"}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {
			"spec.completionPolicy.type": `"Always"`, "spec.failurePolicy.type": `"FailFast"`, "spec.parallelism": `2147483647`,
			"spec.template.spec.containers.0.imagePullPolicy": `"Always"`,
		},
		"v1beta1": {"spec.completionPolicy.type": `"Never"`, "spec.parallelism": `"50%"`},
	},
	other:  map[string]map[string]string{"v1alpha1": {"spec.parallelism": `2147483647`}, "v1beta1": {"spec.parallelism": `"50%"`}},
	change: `{"template":{"spec":{"restartPolicy":"OnFailure"}}}`,
	fault:  `{"completionPolicy":{"type":"Never","ttlSecondsAfterFinished":1},"template":{"spec":{"restartPolicy":"Always"}}}`,
	says:   []string{"spec.completionPolicy.ttlSecondsAfterFinished", "spec.template.spec.restartPolicy"},
}, {
	kind: "AdvancedCronJob",
	specs: map[string]string{
		"v1alpha1": `{"schedule":"0 3 * * *","timeZone":"Europe/Paris","template":{"jobTemplate":{"spec":{"template":` + jobPod + `}}}}`,
		"v1beta1":  `{"schedule":"@daily","template":{"imageListPullJobTemplate":{"spec":{"images":["nginx:1"],"completionPolicy":{}}}}}`,
	},
	stored: map[string]map[string]string{
		"v1alpha1": {
			"spec.concurrencyPolicy": `"Allow"`, "spec.paused": `false`, "spec.successfulJobsHistoryLimit": `3`,
			"spec.template.jobTemplate.spec.template.spec.containers.0.imagePullPolicy": `"Always"`,
		},
		"v1beta1": {
			"spec.concurrencyPolicy": `"Replace"`, "spec.failedJobsHistoryLimit": `1`,
			"spec.template.imageListPullJobTemplate.spec.pullPolicy": `{"backoffLimit":3,"timeoutSeconds":600}`,
		},
	},
	other: map[string]map[string]string{
		"v1alpha1": {"spec.template.jobTemplate.spec.template.spec.restartPolicy": `"Never"`},
		"v1beta1":  {"spec.template": `{}`}, // the rest is kept in an annotation
	},
	change: `{"schedule":"0 4 * * *","paused":true}`,
	fault:  `{"schedule":"0 24 * * *","timeZone":"Mars/Base"}`, says: []string{"spec.schedule", "spec.timeZone", "Mars/Base"},
}, {
	kind: "EphemeralJob",
	specs: map[string]string{"v1alpha1": `{"selector":{"matchLabels":{"app":"web"}},"template":{"ephemeralContainers":[
		{"name":"debug","image":"d:1","imagePullPolicy":"IfNotPresent","terminationMessagePolicy":"File"}]}}`},
	stored: map[string]map[string]string{"v1alpha1": {"spec.template.ephemeralContainers.0.image": `"d:1"`}},
	change: `{"paused":true}`,
	fault:  `{"template":{"ephemeralContainers":[{"name":"debug","image":"d:1","lifecycle":{}}]}}`,
	says: []string{"spec.template.ephemeralContainers[0].imagePullPolicy", "spec.template.ephemeralContainers[0].terminationMessagePolicy",
		"spec.template.ephemeralContainers[0].lifecycle"},
}}

func TestJobs(t *testing.T) { proveKinds(t, jobKinds) }

// TestAdvancedCronJobTemplates refuses to change the template of Jobs, and one from which no Job can be made.
func TestAdvancedCronJobTemplates(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	cron := func(name, pod string) string {
		return `{apiVersion: apps.kruise.io/v1beta1, kind: AdvancedCronJob, metadata: {name: ` + name + `}, spec: {schedule: "@hourly",
			template: {jobTemplate: {spec: {template: ` + pod + `}}}}}`
	}
	stored := create(t, installed, namespace, cron("tick", jobPod))
	_, err := installed.Client.Patch(t.Context(), stored, `{"spec":{"template":{"jobTemplate":{"spec":{"backoffLimit":1}}}}}`)
	wantRefused(t, err, "spec.template.jobTemplate", "immutable")
	// The manifest again, whole and without defaults, is no change.
	again := object(t, cron("tick", jobPod))
	again.SetNamespace(namespace)
	again.SetResourceVersion(stored.GetResourceVersion())
	updated, err := writer(t, installed, stored).Update(t.Context(), again, metav1.UpdateOptions{})
	if err != nil {
		t.Fatalf("the same manifest: %v", err)
	}
	if updated.GetGeneration() != stored.GetGeneration() {
		t.Errorf("generation %d after %d, want no change", updated.GetGeneration(), stored.GetGeneration())
	}
	endless := object(t, cron("endless", `{"spec":{"containers":[{"name":"c","image":"c:1"}]}}`))
	endless.SetNamespace(namespace)
	_, err = installed.Client.Create(t.Context(), endless)
	wantRefused(t, err, "spec.template.jobTemplate.spec.template.spec.restartPolicy", "OnFailure")
	unknown := object(t, cron("unknown", `{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"c:1","volumeMounts":[{"name":"gone","mountPath":"/x"}]}]}}`))
	unknown.SetNamespace(namespace)
	_, err = installed.Client.Create(t.Context(), unknown)
	wantRefused(t, err, "spec.template.jobTemplate.spec.template.spec.containers[0].volumeMounts[0].name")
}

// TestContainerRecreateRequests completes requests from a pod that runs, with the rights of the ServiceAccount.
func TestContainerRecreateRequests(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	pod := runningPod(t, cluster, namespace)
	request := func(name, version, containers string) string {
		return `{apiVersion: apps.kruise.io/` + version + `, kind: ContainerRecreateRequest, metadata: {name: ` + name + `},
			spec: {podName: ` + pod.Name + `, containers: [` + containers + `]}}`
	}
	for version, other := range map[string]string{"v1alpha1": "v1beta1", "v1beta1": "v1alpha1"} {
		t.Run(version, func(t *testing.T) {
			stored := create(t, installed, namespace, request("again-"+version, version, "{name: app}"))
			labels, err := json.Marshal(map[string]string{
				"crr.apps.kruise.io/active": "true", "crr.apps.kruise.io/node-name": pod.Spec.NodeName, "crr.apps.kruise.io/pod-uid": string(pod.UID),
			})
			if err != nil {
				t.Fatal(err)
			}
			wantMembers(t, stored, map[string]string{
				"metadata.labels": string(labels), "spec.strategy": `{"failurePolicy":"Fail","terminationGracePeriodSeconds":45}`,
				"spec.containers": `[{"name":"app","preStop":{"exec":{"command":["stop"]}},"statusContext":{"containerID":"x://app","restartCount":3}}]`,
			})
			_, err = installed.Client.Patch(t.Context(), stored, `{"spec":{"containers":[{"name":"web"}]}}`)
			wantRefused(t, err, "spec", "immutable")
			_, err = installed.Client.Patch(t.Context(), stored, `{"metadata":{"labels":{"crr.apps.kruise.io/node-name":null}}}`)
			wantRefused(t, err, "metadata.labels[crr.apps.kruise.io/node-name]")
			if _, err := installed.Client.Patch(t.Context(), stored, `{"metadata":{"labels":{"crr.apps.kruise.io/active":null}}}`); err != nil {
				t.Errorf("the label active may go: %v", err)
			}
			kindUnderTest{kind: "ContainerRecreateRequest"}.readAs(t, installed, other, stored, map[string]string{"spec.podName": `"` + pod.Name + `"`})
		})
	}
	for name, test := range map[string]struct {
		object string
		says   []string
	}{
		"no such pod":         {`{apiVersion: apps.kruise.io/v1beta1, kind: ContainerRecreateRequest, metadata: {name: x}, spec: {podName: gone, containers: [{name: a}]}}`, []string{"spec.podName", namespace}},
		"no such container":   {request("x", "v1beta1", "{name: gone}"), []string{"spec.containers[0].name", "no such container"}},
		"a container waiting": {request("x", "v1alpha1", "{name: web}"), []string{"spec.containers[0].name", "not started"}},
		"a hook":              {request("x", "v1beta1", "{name: app, preStop: {}}"), []string{"spec.containers[0].preStop"}},
	} {
		refused := object(t, test.object)
		refused.SetNamespace(namespace)
		_, err := installed.Client.Create(t.Context(), refused)
		wantRefused(t, err, test.says...)
		if !apierrors.IsInvalid(err) {
			t.Errorf("%s: the reason of %v is not Invalid", name, err)
		}
	}
}

// TestRecreateStatusInBothVersions writes the annotation of v1alpha1, which is a condition in v1beta1, and reads it in both.
func TestRecreateStatusInBothVersions(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	pod := runningPod(t, cluster, namespace)
	request := func(version string) string {
		return `{apiVersion: apps.kruise.io/` + version + `, kind: ContainerRecreateRequest, metadata: {name: again},
			spec: {podName: ` + pod.Name + `, containers: [{name: app}]}}`
	}
	older := create(t, installed, namespace, request("v1alpha1"))
	const acquired = `{"metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":"2026-05-01T12:00:00Z"}}}`
	if _, err := installed.Client.Patch(t.Context(), older, acquired); err != nil {
		t.Fatal(err)
	}
	newer := object(t, request("v1beta1"))
	newer.SetNamespace(namespace)
	client := writer(t, installed, newer)
	read, err := client.Get(t.Context(), "again", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantMembers(t, read, map[string]string{
		"metadata.annotations": `null`, "status.conditions.0.type": `"PreRecreateGrace"`, "status.conditions.0.lastTransitionTime": `"2026-05-01T12:00:00Z"`,
	})
	// The controller goes on in v1beta1, and v1alpha1 sees what it needs.
	snapshot := `{"status":{"phase":"Recreating","containerStatusSnapshot":[{"name":"app","ready":true,"restartCount":4}]}}`
	if _, err := client.Patch(t.Context(), "again", types.MergePatchType, []byte(snapshot), metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Patch(t.Context(), "again", types.MergePatchType, []byte(`{"metadata":{"labels":{"x":"y"}}}`), metav1.PatchOptions{}); err != nil {
		t.Errorf("a label: %v", err)
	}
	read, err = writer(t, installed, older).Get(t.Context(), "again", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	wantMembers(t, read, map[string]string{
		"metadata.annotations": `{"crr.apps.kruise.io/sync-container-statuses":"[{\"name\":\"app\",\"ready\":true,\"restartCount\":4}]","crr.apps.kruise.io/unready-acquired":"2026-05-01T12:00:00Z"}`,
		"status":               `{"phase":"Recreating"}`,
	})
	_, err = installed.Client.Patch(t.Context(), older, `{"metadata":{"annotations":{"crr.apps.kruise.io/unready-acquired":null}}}`)
	wantRefused(t, err, "metadata.annotations[crr.apps.kruise.io/unready-acquired]")
}

// runningPod makes a pod on a node whose container app runs, while its container web waits.
func runningPod(t *testing.T, cluster *controlplane.ControlPlane, namespace string) *corev1.Pod {
	t.Helper()
	grace := int64(45)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-of-" + namespace}}
	if _, err := cluster.Client().CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod, err := createPod(t.Context(), cluster, namespace, nil, func(pod *corev1.Pod) {
		pod.Spec.NodeName, pod.Spec.TerminationGracePeriodSeconds = node.Name, &grace
		pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"stop"}}}}
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "web", Image: "web:1"})
	})
	if err != nil {
		t.Fatal(err)
	}
	pod.Status.Phase = corev1.PodRunning
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "app", ContainerID: "x://app", RestartCount: 3}, {Name: "web"}}
	if pod, err = cluster.Client().CoreV1().Pods(namespace).UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for what, err := range map[string]error{
			"pod":  cluster.Client().CoreV1().Pods(namespace).Delete(context.Background(), pod.Name, *metav1.NewDeleteOptions(0)),
			"node": cluster.Client().CoreV1().Nodes().Delete(context.Background(), node.Name, metav1.DeleteOptions{}),
		} {
			if err != nil {
				t.Logf("%s not deleted: %v", what, err)
			}
		}
	})
	return pod
}
