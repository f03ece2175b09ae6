package budget_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kruise-admission/kruise-admission/protection/budget"
)

const (
	first  = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	second = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

// A pod in the middle of an update in place is not available (spec 2.7), and may go.
func TestPodsThatAreUpdatedInPlace(t *testing.T) {
	const (
		state    = "apps.kruise.io/inplace-update-state"
		sidecars = "kruise.io/sidecarset-inplace-update-state"
	)
	runs := func(container int, image, id string) edit {
		return func(pod *corev1.Pod) {
			pod.Status.ContainerStatuses[container].Image, pod.Status.ContainerStatuses[container].ImageID = image, id
		}
	}
	spec := func(container int, image string) edit {
		return func(pod *corev1.Pod) { pod.Spec.Containers[container].Image = image }
	}
	injected := func(pod *corev1.Pod) {
		annotated("kruise.io/sidecarset-injected-list", "logs")(pod)
		pod.Spec.Containers[1].Env = []corev1.EnvVar{{Name: "IS_INJECTED", Value: "true"}}
	}
	noStatus := func(pod *corev1.Pod) { pod.Status.ContainerStatuses = pod.Status.ContainerStatuses[1:] }
	resources := func(spec, status string) edit {
		return func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Resources = corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(spec)}}
			if status != "" {
				pod.Status.ContainerStatuses[0].Resources = &corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(status)}}
			}
		}
	}
	inPlace := func(o *budget.Options) { o.ResourcesInPlace = true }
	for _, test := range []struct {
		name    string
		pod     []edit
		gate    func(*budget.Options)
		updated bool
	}{
		{name: "nothing is going on"},
		{name: "by digest: running", pod: []edit{spec(0, "main@"+first)}},
		{name: "by digest: running, behind a scheme", pod: []edit{spec(0, "main@"+first), runs(0, "x", "docker-pullable://docker.io/library/main@"+first)}},
		{name: "by digest: a tag beside it", pod: []edit{spec(0, "main:1@"+first)}},
		{name: "by digest: another one runs", pod: []edit{spec(0, "main@"+second)}, updated: true},
		{name: "by digest: another repository runs", pod: []edit{spec(0, "example.com/main@"+first)}, updated: true},
		{name: "by digest: an id without repository", pod: []edit{spec(0, "main@"+first), runs(0, "main:1", first)}, updated: true},
		{name: "by digest: no status", pod: []edit{spec(0, "main@"+first), noStatus}, updated: true},
		{name: "all by digest: what annotations say does not matter", pod: []edit{spec(0, "main@"+first), spec(1, "log@"+second), annotated(state, "broken")}},
		{name: "some by digest: it does", pod: []edit{spec(0, "main@"+first), annotated(state, "broken")}, updated: true},

		{name: "grace", pod: []edit{annotated("apps.kruise.io/inplace-update-grace", "")}, updated: true},
		{name: "grace of old releases", pod: []edit{annotated("inplace-update-grace", "{}")}, updated: true},

		{name: "state: broken", pod: []edit{annotated(state, "{")}, updated: true},
		{name: "state of old releases: broken", pod: []edit{annotated("inplace-update-state", "{")}, updated: true},
		{name: "state: null", pod: []edit{annotated(state, "null")}},
		{name: "state: more images to come", pod: []edit{annotated(state, `{"nextContainerImages":{"log":"log:2"}}`)}, updated: true},
		{name: "state: more metadata to come", pod: []edit{annotated(state, `{"nextContainerRefMetadata":{"log":{}}}`)}, updated: true},
		{name: "state: more resources to come", pod: []edit{annotated(state, `{"nextContainerResources":{"log":{}}}`)}, updated: true},
		{name: "state: nothing to come", pod: []edit{annotated(state, `{"nextContainerImages":{},"updateEnvFromMetadata":true}`)}},
		{name: "state: the old image runs", pod: []edit{spec(0, "main:2"), annotated(state, `{"lastContainerStatuses":{"main":{"imageID":"main@`+first+`"}}}`)}, updated: true},
		{name: "state: another image runs", pod: []edit{spec(0, "main:2"), annotated(state, `{"lastContainerStatuses":{"main":{"imageID":"main@`+second+`"}}}`)}},
		{name: "state: the same image under its name", pod: []edit{annotated(state, `{"lastContainerStatuses":{"main":{"imageID":"main@`+first+`"}}}`)}},
		{name: "state: without a tag", pod: []edit{spec(0, "main"), runs(0, "main:latest", "main@"+first), annotated(state, `{"lastContainerStatuses":{"main":{"imageID":"main@`+first+`"}}}`)}},
		{name: "state: no status", pod: []edit{noStatus, annotated(state, `{"lastContainerStatuses":{"main":{}}}`)}, updated: true},
		{name: "state: a container that is gone", pod: []edit{annotated(state, `{"lastContainerStatuses":{"gone":{}}}`)}, updated: true},
		{name: "state: what the node knows is broken", pod: []edit{annotated(state, `{}`), annotated("apps.kruise.io/runtime-containers-meta", "[")}, updated: true},
		{name: "state: what the node knows", pod: []edit{annotated(state, `{}`), annotated("apps.kruise.io/runtime-containers-meta", `{"containers":[]}`)}},
		{name: "no state: what the node knows is broken", pod: []edit{annotated("apps.kruise.io/runtime-containers-meta", "[")}},

		{name: "resources: on their way", pod: []edit{resources("2", "1"), annotated(state, `{"updateResources":true,"lastContainerStatuses":{"main":{}}}`)}, gate: inPlace, updated: true},
		{name: "resources: not known", pod: []edit{resources("2", ""), annotated(state, `{"updateResources":true,"lastContainerStatuses":{"main":{}}}`)}, gate: inPlace, updated: true},
		{name: "resources: there", pod: []edit{resources("2", "2000m"), annotated(state, `{"updateResources":true,"lastContainerStatuses":{"main":{}}}`)}, gate: inPlace},
		{name: "resources: not of interest", pod: []edit{resources("2", "1"), annotated(state, `{"lastContainerStatuses":{"main":{}}}`)}, gate: inPlace},
		{name: "resources: gate off", pod: []edit{resources("2", "1"), annotated(state, `{"updateResources":true,"lastContainerStatuses":{"main":{}}}`)}},

		{name: "sidecars: broken", pod: []edit{injected, annotated(sidecars, "{")}, updated: true},
		{name: "sidecars: the old image runs", pod: []edit{injected, spec(1, "log:2"), annotated(sidecars, `{"logs":{"lastContainerStatuses":{"log":{"imageID":"log@`+second+`"}}}}`)}, updated: true},
		{name: "sidecars: another image runs", pod: []edit{injected, spec(1, "log:2"), annotated(sidecars, `{"logs":{"lastContainerStatuses":{"log":{"imageID":"log@`+first+`"}}}}`)}},
		{name: "sidecars: the same image under its name", pod: []edit{injected, annotated(sidecars, `{"logs":{"lastContainerStatuses":{"log":{"imageID":"log@`+second+`"}}}}`)}},
		{name: "sidecars: a container of the application", pod: []edit{injected, spec(0, "main:2"), annotated(sidecars, `{"logs":{"lastContainerStatuses":{"main":{"imageID":"main@`+first+`"}}}}`)}},
		{name: "sidecars: null, and a container that is gone", pod: []edit{injected, annotated(sidecars, `{"logs":null,"more":{"lastContainerStatuses":{"gone":{}}}}`)}},
		{name: "sidecars: none is injected", pod: []edit{annotated("kruise.io/sidecarset-injected-list", "logs"), annotated(sidecars, "{")}},
		{name: "sidecars: none is listed", pod: []edit{injected, annotated("kruise.io/sidecarset-injected-list", ""), annotated(sidecars, "{")}},
		{name: "sidecars: marked otherwise", pod: []edit{injected, func(pod *corev1.Pod) { pod.Spec.Containers[1].Env[0].Value = "false" }, annotated(sidecars, "{")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			gate := test.gate
			if gate == nil {
				gate = func(*budget.Options) {}
			}
			d, err := reviewer(&cluster{budget: newBudget(allowing(0))}, gate).Review(t.Context(), deletes(t, newPod(t, test.pod...)))
			if err != nil {
				t.Fatal(err)
			}
			if d.Allowed != test.updated || d.Allowed && !strings.Contains(d.Audit[budget.AuditKey], "updated in place") {
				t.Errorf("allowed %t: %v", d.Allowed, d.Audit)
			}
		})
	}
}
