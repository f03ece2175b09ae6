package budget

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// Annotations that OpenKruise's controllers write while they change a running pod. The second of two keys is the one of old releases.
var (
	// graceAnnotations hold, on a pod that is about to be updated in place, what is to change: until then it is not available.
	graceAnnotations = []string{"apps.kruise.io/inplace-update-grace", "inplace-update-grace"}
	// stateAnnotations hold, on a pod that was updated in place, what was changed and the images that were replaced.
	stateAnnotations = []string{"apps.kruise.io/inplace-update-state", "inplace-update-state"}
)

// runtimeMetaAnnotation holds, on a pod, what a node knows of the containers that it runs.
const runtimeMetaAnnotation = "apps.kruise.io/runtime-containers-meta"

// consistent reports whether the containers that run are those of the spec, so that the pod is not in the middle of an update in place
// (spec 2.7).
func (r *Reviewer) consistent(pod *corev1.Pod) bool {
	allByDigest := len(pod.Spec.Containers) > 0
	for i := range pod.Spec.Containers {
		container := &pod.Spec.Containers[i]
		byDigest, runs := runsByDigest(container.Image, statusOf(pod, container.Name))
		if byDigest && !runs {
			return false
		}
		allByDigest = allByDigest && byDigest
	}
	if allByDigest {
		return true
	}
	if _, graced := first(pod, graceAnnotations); graced {
		return false
	}
	return sidecarsConsistent(pod) && r.applicationConsistent(pod)
}

// updateState is what a controller writes down about an update in place.
type updateState struct {
	UpdateResources       bool                       `json:"updateResources"`
	LastContainerStatuses map[string]containerBefore `json:"lastContainerStatuses"`
	// What comes after the containers that are being updated now.
	NextContainerImages      map[string]any `json:"nextContainerImages"`
	NextContainerRefMetadata map[string]any `json:"nextContainerRefMetadata"`
	NextContainerResources   map[string]any `json:"nextContainerResources"`
}

type containerBefore struct {
	ImageID string `json:"imageID"`
}

// applicationConsistent looks at updates in place of workloads.
func (r *Reviewer) applicationConsistent(pod *corev1.Pod) bool {
	text, updated := first(pod, stateAnnotations)
	if !updated {
		return true
	}
	var state updateState
	if json.UnmarshalCaseSensitivePreserveInts([]byte(text), &state) != nil {
		return false
	}
	if len(state.NextContainerImages) > 0 || len(state.NextContainerRefMetadata) > 0 || len(state.NextContainerResources) > 0 {
		return false
	}
	if text, set := pod.Annotations[runtimeMetaAnnotation]; set {
		var meta map[string]any
		if json.UnmarshalCaseSensitivePreserveInts([]byte(text), &meta) != nil {
			return false
		}
	}
	for name, before := range state.LastContainerStatuses {
		container, status := containerOf(pod, name), statusOf(pod, name)
		if container == nil || status == nil {
			return false
		}
		if before.ImageID == status.ImageID && tagged(container.Image) != status.Image {
			return false
		}
		if r.options.ResourcesInPlace && state.UpdateResources && !reached(container, status) {
			return false
		}
	}
	return true
}

// sidecarsConsistent looks at updates in place of sidecars.
func sidecarsConsistent(pod *corev1.Pod) bool {
	if pod.Annotations[sidecarset.InjectedListAnnotation] == "" {
		return true
	}
	text, updated := pod.Annotations[sidecarset.InPlaceUpdateStateAnnotation]
	if !updated || !hasInjected(pod) {
		return true
	}
	var states map[string]*updateState
	if json.UnmarshalCaseSensitivePreserveInts([]byte(text), &states) != nil {
		return false
	}
	for _, state := range states {
		if state == nil {
			continue
		}
		for name, before := range state.LastContainerStatuses {
			container, status := containerOf(pod, name), statusOf(pod, name)
			if container == nil || status == nil || !isInjected(container) {
				continue
			}
			if before.ImageID == status.ImageID && container.Image != status.Image {
				return false
			}
		}
	}
	return true
}

func hasInjected(pod *corev1.Pod) bool {
	for i := range pod.Spec.Containers {
		if isInjected(&pod.Spec.Containers[i]) {
			return true
		}
	}
	return false
}

func isInjected(container *corev1.Container) bool {
	for _, env := range container.Env {
		if env.Name == sidecarset.InjectedEnv {
			return env.Value == sidecarset.InjectedEnvValue
		}
	}
	return false
}

// reached reports whether a container has the resources that its spec says.
func reached(container *corev1.Container, status *corev1.ContainerStatus) bool {
	return status.Resources != nil &&
		len(changed(container.Resources.Requests, status.Resources.Requests)) == 0 &&
		len(changed(container.Resources.Limits, status.Resources.Limits)) == 0
}

// tagged is an image with its tag, as nodes report it.
func tagged(image string) string {
	if strings.Contains(image, ":") {
		return image
	}
	return image + ":latest"
}

func first(pod *corev1.Pod, keys []string) (text string, ok bool) {
	for _, key := range keys {
		if text, ok = pod.Annotations[key]; ok {
			return text, true
		}
	}
	return "", false
}

func containerOf(pod *corev1.Pod, name string) *corev1.Container {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == name {
			return &pod.Spec.Containers[i]
		}
	}
	return nil
}

func statusOf(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
}
