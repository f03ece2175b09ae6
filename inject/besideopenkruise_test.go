package inject

import (
	"encoding/json"
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
)

// TestBesideOpenKruise: pods that OpenKruise's own webhook has injected already, as it was recorded, come to this server. No sidecar comes a
// second time, and none is lost.
func TestBesideOpenKruise(t *testing.T) {
	engine, cases := ownEngine(t)
	injected := 0
	for _, c := range cases {
		request := c.Request()
		if request.Operation != admissionv1.Create || !c.Expect.Allowed || len(c.Expect.Object) == 0 || string(c.Expect.Object) == "null" || c.Family == "unknown" || c.Family == "shape" {
			continue // the last two look as no API server sends them
		}
		before := containersOf(t, c.Expect.Object)
		if slices.Equal(before, containersOf(t, request.Object.Raw)) {
			continue
		}
		if alone, err := engine.Review(t.Context(), request); err != nil || !alone.Allowed {
			continue // a pod that this server refuses, whoever else injects (test/conformance/deviations.yaml)
		}
		injected++
		t.Run(c.ID, func(t *testing.T) {
			request.Object.Raw = c.Expect.Object
			d, err := engine.Review(t.Context(), request)
			if err != nil || !d.Allowed {
				t.Fatalf("error %v, allowed %t: %s", err, d.Allowed, d.Message)
			}
			after := containersOf(t, applyPatch(t, c.Expect.Object, d.Patch))
			if !slices.Equal(before, after) {
				t.Errorf("containers %v, want %v", after, before)
			}
		})
	}
	if injected < 50 {
		t.Errorf("only %d of the recorded pods are injected", injected)
	}
	t.Logf("%d pods", injected)
}

// containersOf names the containers of a pod in their order, those of its initialization first.
func containersOf(t *testing.T, raw []byte) (names []string) {
	t.Helper()
	var pod corev1.Pod
	if err := json.Unmarshal(raw, &pod); err != nil {
		t.Fatal(err)
	}
	for _, container := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		names = append(names, container.Name)
	}
	return names
}
