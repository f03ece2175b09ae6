package podsteps

import (
	"bytes"
	"strings"
	"testing"
)

// A second pass comes after the API server's own plugins, which do not run a third time: what they added to a sidecar, and what the steps did
// to it, must stay.
func TestSecondPassKeepsTheSidecar(t *testing.T) {
	const objects = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: x}}
  containers: [{name: agent, image: "agent:1", livenessProbe: {exec: {command: [live]}}}]
`
	const pod = `{"metadata":{"name":"p","labels":{"app":"x"},
		"annotations":{"apps.kruise.io/using-enhanced-liveness":"true","apps.kruise.io/container-launch-priority":"Ordered"},
		"ownerReferences":[{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","name":"web","controller":true}]},
		"spec":{"containers":[{"name":"app"}]}}`
	view := newView(t, []byte(objects))
	pipeline := newPipeline(t, view, Options{EnhancedLiveness: true})
	result, err := pipeline.Review(t.Context(), createPod([]byte(pod)))
	if err != nil || !result.Allowed {
		t.Fatalf("%v %+v", err, result)
	}
	injected := applied(t, []byte(pod), result.Patch)
	const image = `"image":"agent:1",`
	mounted := bytes.Replace(injected, []byte(image),
		[]byte(image+`"volumeMounts":[{"name":"kube-api-access-x","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],`), 1)
	if bytes.Equal(mounted, injected) || strings.Contains(string(injected), `"livenessProbe"`) || !strings.Contains(string(injected), "KRUISE_CONTAINER_BARRIER") {
		t.Fatalf("not as the test wants it: %s", injected)
	}
	if again, err := pipeline.Review(t.Context(), createPod(mounted)); err != nil || len(again.Patch) != 0 {
		t.Errorf("the second pass: %v %s", err, show(again.Patch))
	}

	// While no probe moves, nobody gets rid of that of a sidecar by saying that it was moved.
	off := newPipeline(t, view, Options{})
	again, err := off.Review(t.Context(), createPod(mounted))
	if err != nil || !strings.Contains(string(applied(t, mounted, again.Patch)), `"livenessProbe":{"exec":{"command":["live"]}}`) {
		t.Errorf("with the gate off: %v %s", err, show(again.Patch))
	}
	others := bytes.Replace(mounted, []byte("apps.kruise.io/v1beta1"), []byte("apps/v1"), 1)
	again, err = pipeline.Review(t.Context(), createPod(others))
	if err != nil || !strings.Contains(string(applied(t, others, again.Patch)), `"livenessProbe":{"exec":{"command":["live"]}}`) {
		t.Errorf("for a pod of another workload: %v %s", err, show(again.Patch))
	}
}
