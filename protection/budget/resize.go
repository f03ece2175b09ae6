package budget

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
)

// resizesInPlace reports whether an update changes nothing but CPU and memory, in a way that restarts no container (spec 2.5).
func resizesInPlace(old, pod *corev1.Pod) bool {
	if becomesUnavailable(old, pod) || isStatic(old) || isStatic(pod) || len(old.Spec.Containers) != len(pod.Spec.Containers) {
		return false
	}
	if !equality.Semantic.DeepEqual(withoutResources(&old.Spec), withoutResources(&pod.Spec)) || qosClass(old) != qosClass(pod) {
		return false
	}
	for i := range pod.Spec.Containers {
		if !resizesWithoutRestart(&old.Spec.Containers[i], &pod.Spec.Containers[i]) {
			return false
		}
	}
	return true
}

// isStatic reports whether the kubelet made the pod from a file: it follows the file and no update.
func isStatic(pod *corev1.Pod) bool {
	source, set := pod.Annotations["kubernetes.io/config.source"]
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror || set && source != "api"
}

// withoutResources is the spec without what a resize changes. Names and order of the containers stay.
func withoutResources(spec *corev1.PodSpec) corev1.PodSpec {
	rest := withoutTolerations(spec)
	rest.Containers = make([]corev1.Container, len(spec.Containers))
	for i := range spec.Containers {
		rest.Containers[i] = spec.Containers[i]
		rest.Containers[i].Resources = corev1.ResourceRequirements{}
	}
	return rest
}

func resizesWithoutRestart(old, container *corev1.Container) bool {
	for _, lists := range [][2]corev1.ResourceList{
		{old.Resources.Requests, container.Resources.Requests}, {old.Resources.Limits, container.Resources.Limits},
	} {
		for name := range changed(lists[0], lists[1]) {
			if name != corev1.ResourceCPU && name != corev1.ResourceMemory || restartsFor(container, name) {
				return false
			}
		}
	}
	// Claims of devices are no amounts, and cannot be resized.
	return equality.Semantic.DeepEqual(old.Resources.Claims, container.Resources.Claims)
}

// changed lists what differs between two lists of amounts, added and removed ones included.
func changed(old, now corev1.ResourceList) map[corev1.ResourceName]bool {
	names := map[corev1.ResourceName]bool{}
	for _, lists := range [][2]corev1.ResourceList{{old, now}, {now, old}} {
		for name, amount := range lists[0] {
			if other, ok := lists[1][name]; !ok || amount.Cmp(other) != 0 {
				names[name] = true
			}
		}
	}
	return names
}

// restartsFor reports whether a container is restarted for another amount of a resource. The default is that it is not.
func restartsFor(container *corev1.Container, name corev1.ResourceName) bool {
	for _, policy := range container.ResizePolicy {
		if policy.ResourceName == name {
			return policy.RestartPolicy != "" && policy.RestartPolicy != corev1.NotRequired
		}
	}
	return false
}

// qosClass computes the class as Kubernetes does, by CPU and memory of all containers.
func qosClass(pod *corev1.Pod) corev1.PodQOSClass {
	some, guaranteed := false, true
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
				limit, limited := positive(containers[i].Resources.Limits, name)
				request, requested := positive(containers[i].Resources.Requests, name)
				some = some || limited || requested
				// A request that is not said is the limit.
				guaranteed = guaranteed && limited && (!requested || request.Cmp(limit) == 0)
			}
		}
	}
	switch {
	case !some:
		return corev1.PodQOSBestEffort
	case guaranteed:
		return corev1.PodQOSGuaranteed
	default:
		return corev1.PodQOSBurstable
	}
}

func positive(list corev1.ResourceList, name corev1.ResourceName) (resource.Quantity, bool) {
	amount, ok := list[name]
	return amount, ok && amount.Sign() > 0
}
