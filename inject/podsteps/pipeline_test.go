package podsteps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// TestOrder shows that each step sees what those before it have done: the subset's labels select the sidecars and the budget, and the sidecar
// takes part in all that comes behind.
func TestOrder(t *testing.T) {
	const objects = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {subset: a}}
  containers: [{name: agent, image: "agent:1", livenessProbe: {exec: {command: [live]}}}]
  patchPodMetadata: [{annotations: {apps.kruise.io/using-enhanced-liveness: "true", apps.kruise.io/container-launch-priority: Ordered}}]
---
apiVersion: apps.kruise.io/v1beta1
kind: WorkloadSpread
metadata: {name: spread, namespace: shop}
spec: {targetRef: {apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, name: web}, subsets: [{name: a}]}
---
apiVersion: policy.kruise.io/v1beta1
kind: PodUnavailableBudget
metadata: {name: budget, namespace: shop}
spec: {selector: {matchLabels: {subset: a}}, maxUnavailable: 1}
---
apiVersion: apps.kruise.io/v1alpha1
kind: PodProbeMarker
metadata: {name: marker, namespace: shop}
spec: {selector: {matchLabels: {subset: a}}, probes: [{name: up, containerName: agent, probe: {exec: {command: [up]}}, podConditionType: up}]}
`
	spreads := &fakeSpreads{operations: []decision.Operation{decision.Add("/metadata/labels", []byte(`{"subset":"a"}`))}}
	pipeline := newPipeline(t, newView(t, []byte(objects)), Options{
		WorkloadSpreads: spreads, PodUnavailableBudgets: true, EnhancedLiveness: true, ProbeMarkers: true,
	})
	pod := []byte(`{"metadata":{"name":"p","ownerReferences":[{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","name":"web","controller":true}]},
		"spec":{"containers":[{"name":"app"}]}}`)
	result, err := pipeline.Review(t.Context(), createPod(pod))
	if err != nil || !result.Allowed {
		t.Fatalf("%v %+v", err, result)
	}
	if gates := spreads.pod.Spec.ReadinessGates; len(gates) != 1 {
		t.Errorf("the step of WorkloadSpreads got the readiness gates %v", gates)
	}
	want := []string{"readiness gate", "WorkloadSpread", "launch priority", "PodUnavailableBudget budget", "enhanced liveness", "PodProbeMarker marker"}
	if diff := cmp.Diff(want, StepsTaken(result)); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	patched := string(applied(t, pod, result.Patch))
	for _, part := range []string{
		`"name":"agent"`, `"p_-1"`, `"pub.kruise.io/related-pub":"budget"`, `[{\"name\":\"agent\",\"livenessProbe\":`, `\"containerName\":\"agent\"`,
	} {
		if !strings.Contains(patched, part) {
			t.Errorf("not there: %s\nin %s", part, patched)
		}
	}
	if result.Audit[inject.AuditInjected] != "agent" {
		t.Errorf("audit: %v", result.Audit)
	}
}

func (f *fakeSpreads) Release(_ context.Context, _ *admissionv1.AdmissionRequest, pod *corev1.Pod) error {
	f.released = append(f.released, pod.Labels["subset"])
	return nil
}

// TestPlacesAreGivenBack shows that a pod which another step refuses, or cannot tell about, takes no place.
func TestPlacesAreGivenBack(t *testing.T) {
	const objects = `
{apiVersion: apps.kruise.io/v1beta1, kind: WorkloadSpread, metadata: {name: spread, namespace: shop}, spec: {targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}}}
---
{apiVersion: policy.kruise.io/v1beta1, kind: PodUnavailableBudget, metadata: {name: budget, namespace: shop}, spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}}}
`
	for _, test := range []struct {
		name, env string
		workloads replicaSets
		released  []string
	}{
		{name: "all is well", env: "1"},
		{name: "refused", env: "high", released: []string{"a"}},
		{name: "cannot tell", env: "1", workloads: replicaSets{"web": "error"}, released: []string{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			spreads := &fakeSpreads{operations: []decision.Operation{decision.Add("/metadata/labels", []byte(`{"subset":"a"}`))}}
			pipeline := newPipeline(t, newView(t, []byte(objects)), Options{WorkloadSpreads: spreads, PodUnavailableBudgets: true, Workloads: test.workloads})
			pod := fmt.Appendf(nil, `{"metadata":{"name":"p","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","controller":true}]},
				"spec":{"containers":[{"name":"a","env":[{"name":"KRUISE_CONTAINER_PRIORITY","value":%q}]},{"name":"b"}]}}`, test.env)
			result, err := pipeline.Review(t.Context(), createPod(pod))
			if (err == nil && result.Allowed) != (test.released == nil) {
				t.Errorf("%v %+v", err, result)
			}
			if diff := cmp.Diff(test.released, spreads.released); diff != "" {
				t.Errorf("released (-want +got):\n%s", diff)
			}
		})
	}
}

// fakeSpreads is a step of WorkloadSpreads that always does the same.
type fakeSpreads struct {
	operations []decision.Operation
	err        error
	calls      int
	pod        *corev1.Pod
	released   []string
}

func (f *fakeSpreads) Mutate(_ context.Context, _ *admissionv1.AdmissionRequest, pod *corev1.Pod, _ []byte) ([]decision.Operation, error) {
	f.calls++
	f.pod = pod
	return f.operations, f.err
}

// TestWorkloadSpreadStep shows for which pods the step is asked, and what its answers mean.
func TestWorkloadSpreadStep(t *testing.T) {
	const spread = `
apiVersion: apps.kruise.io/v1beta1
kind: WorkloadSpread
metadata: {name: spread, namespace: NAMESPACE}
spec: {targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}, subsets: [{name: a}]}
`
	const owned = `{"metadata":{"name":"p","ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","controller":true}]},"spec":{"containers":[{"name":"app"}]},"status":{}}`
	broken := errors.New("connection refused")
	tests := []struct {
		name, namespace, pod string
		err                  error
		asked                bool
		wantCode             int32
	}{
		{name: "an owned pod", namespace: "shop", pod: owned, asked: true},
		{name: "in another namespace", namespace: "lab", pod: owned},
		{name: "without an owner", namespace: "shop", pod: `{"metadata":{"name":"p"},"spec":{"containers":[{"name":"app"}]}}`},
		{name: "that has finished", namespace: "shop", pod: strings.Replace(owned, `"status":{}`, `"status":{"phase":"Failed"}`, 1)},
		{name: "that cannot be decoded", namespace: "shop", pod: strings.Replace(owned, `"name":"app"`, `"name":1`, 1), wantCode: 400},
		{name: "the step cannot tell", namespace: "shop", pod: owned, err: broken, asked: true},
		{name: "the step refuses", namespace: "shop", pod: owned, err: &inject.Refusal{Decision: decision.Forbid("no")}, asked: true, wantCode: 403},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spreads := &fakeSpreads{err: test.err}
			pipeline := newPipeline(t, newView(t, []byte(strings.Replace(spread, "NAMESPACE", test.namespace, 1))), Options{WorkloadSpreads: spreads})
			result, err := pipeline.Review(t.Context(), createPod([]byte(test.pod)))
			if (spreads.calls > 0) != test.asked {
				t.Errorf("asked %d times", spreads.calls)
			}
			if (err != nil) != (test.err == broken) || err != nil && !errors.Is(err, broken) {
				t.Fatalf("error %v", err)
			}
			if err == nil && (result.Code != test.wantCode || result.Allowed != (test.wantCode == 0)) {
				t.Errorf("got %+v, want code %d", result, test.wantCode)
			}
		})
	}
}

// TestOnlyTheCreationOfPodsIsChanged sends what else a webhook configuration may.
func TestOnlyTheCreationOfPodsIsChanged(t *testing.T) {
	pipeline := everyStep(t)
	for name, change := range map[string]func(*admissionv1.AdmissionRequest){
		"update":         func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update },
		"delete":         func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Delete },
		"eviction":       func(r *admissionv1.AdmissionRequest) { r.SubResource = "eviction" },
		"other resource": func(r *admissionv1.AdmissionRequest) { r.Resource.Resource = "podtemplates" },
	} {
		t.Run(name, func(t *testing.T) {
			request := createPod([]byte(`{"metadata":{"name":"p","labels":{"app":"x"}},"spec":{"containers":[{"name":"app"}]}}`))
			if result, err := pipeline.Review(t.Context(), request); err != nil || len(result.Patch) == 0 {
				t.Fatalf("the creation: %v %+v", err, result)
			}
			change(request)
			if result, err := pipeline.Review(t.Context(), request); err != nil || !result.Allowed || len(result.Patch) > 0 {
				t.Errorf("%v %+v", err, result)
			}
		})
	}
}

// TestEscapedNames writes the names that steps look for with escape sequences.
func TestEscapedNames(t *testing.T) {
	pipeline := everyStep(t)
	for _, pod := range []string{
		`{"metadata":{"name":"p","annotations":{"apps.kruise.io/container-launch-priority":"Ordered"}},"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`,
		`{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a","env":[{"name":"KRUISE_CONTAINER_PRIORITY","value":"1"}]},{"name":"b"}]}}`,
	} {
		escaped := strings.NewReplacer("container-launch", `\u0063ontainer-launch`, "KRUISE", `\u004bRUISE`).Replace(pod)
		if escaped == pod {
			t.Fatal("nothing is escaped")
		}
		for _, text := range []string{pod, escaped} {
			if result, err := pipeline.Review(t.Context(), createPod([]byte(text))); err != nil || len(result.Patch) != 2 {
				t.Errorf("%s: %v %+v", text, err, result)
			}
		}
	}
}

// TestGeneratedNames shows that two requests for the same pod get different names, and one request the same.
func TestGeneratedNames(t *testing.T) {
	pipeline := everyStep(t)
	pod := []byte(`{"metadata":{"generateName":"web-","annotations":{"apps.kruise.io/container-launch-priority":"Ordered"}},"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`)
	name := func(uid string) string {
		t.Helper()
		request := createPod(pod)
		request.UID = types.UID(uid)
		result, err := pipeline.Review(t.Context(), request)
		if err != nil || len(result.Patch) == 0 || result.Patch[0].Path != "/metadata/name" {
			t.Fatalf("%v %+v", err, result)
		}
		return string(result.Patch[0].Value)
	}
	if first, again, other := name("1"), name("1"), name("2"); first != again || first == other || len(first) != len(`"web-12345"`) {
		t.Errorf("names %s, %s, %s", first, again, other)
	}
}

func TestNewWantsWhatItNeeds(t *testing.T) {
	view := newView(t, nil)
	if _, err := New(Options{View: view}); err == nil {
		t.Error("without an engine: no error")
	}
	if _, err := New(Options{Sidecars: &inject.Engine{}}); err == nil {
		t.Error("without a view: no error")
	}
}
