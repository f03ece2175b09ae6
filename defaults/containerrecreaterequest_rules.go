package defaults

// What a ContainerRecreateRequest may ask for: the numbers in comments are those of the specification's (c) and (d).

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

const (
	// mostRecreateFaults is how many faults of containers are told. A hostile list may have one every few bytes.
	mostRecreateFaults = 100
	// leastRecreateDeadline is the shortest activeDeadlineSeconds that a request can be carried out in.
	leastRecreateDeadline = 3
	// sidecarTerminatedCondition is set on finished pods whose remaining sidecars OpenKruise ends by such requests.
	sidecarTerminatedCondition corev1.PodConditionType = "SidecarTerminated"
)

var (
	podNamePath    = field.NewPath("spec", "podName")
	containersPath = field.NewPath("spec", "containers")
)

// recreateRequestSpec checks what can be told without the pod.
func recreateRequestSpec(spec *v1beta1.ContainerRecreateRequestSpec) field.ErrorList {
	var errs field.ErrorList
	if spec.PodName == "" { // rule 1
		errs = append(errs, field.Required(podNamePath, "the pod whose containers are to be recreated"))
	}
	if len(spec.Containers) == 0 { // 2
		errs = append(errs, field.Required(containersPath, "at least one container of the pod, by name"))
	}
	if seconds := spec.ActiveDeadlineSeconds; seconds != nil && *seconds < leastRecreateDeadline { // 3
		errs = append(errs, field.Invalid(field.NewPath("spec", "activeDeadlineSeconds"), *seconds, fmt.Sprintf("must be %d or more", leastRecreateDeadline)))
	}
	if strategy := spec.Strategy; strategy != nil {
		errs = append(errs, recreateStrategy(strategy, field.NewPath("spec", "strategy"))...)
	}
	seen := map[string]bool{}
	for i, container := range spec.Containers {
		if len(errs) >= mostRecreateFaults {
			break
		}
		path := containersPath.Index(i)
		if seen[container.Name] { // 11
			errs = append(errs, field.Duplicate(path.Child("name"), container.Name))
		}
		seen[container.Name] = true
		const why = "is copied from the pod: remove it"
		if container.PreStop != nil { // 12
			errs = append(errs, field.Forbidden(path.Child("preStop"), why))
		}
		if container.Ports != nil {
			errs = append(errs, field.Forbidden(path.Child("ports"), why))
		}
		if container.StatusContext != nil {
			errs = append(errs, field.Forbidden(path.Child("statusContext"), why))
		}
	}
	return errs
}

func recreateStrategy(strategy *v1beta1.ContainerRecreateRequestStrategy, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, grace := range []struct { // 4, 5
		name    string
		seconds *int64
	}{
		{"terminationGracePeriodSeconds", strategy.TerminationGracePeriodSeconds},
		{"unreadyGracePeriodSeconds", strategy.UnreadyGracePeriodSeconds},
	} {
		if grace.seconds != nil && *grace.seconds < 0 {
			errs = append(errs, field.Invalid(path.Child(grace.name), *grace.seconds, "must be 0 or more"))
		}
	}
	known := []v1beta1.ContainerRecreateRequestFailurePolicyType{
		v1beta1.FailContainerRecreateRequestFailurePolicyType, v1beta1.IgnoreContainerRecreateRequestFailurePolicyType,
	}
	if policy := strategy.FailurePolicy; policy != "" && !slices.Contains(known, policy) { // 6
		errs = append(errs, field.NotSupported(path.Child("failurePolicy"), policy, known))
	}
	return errs
}

// podCannotRecreate says why the containers of a pod cannot be recreated at all; nil if they can.
func podCannotRecreate(pod *corev1.Pod, request *recreateRequest) *field.Error {
	invalid := func(why string) *field.Error { return field.Invalid(podNamePath, request.Spec.PodName, why) }
	switch {
	case pod == nil: // 7
		return invalid(fmt.Sprintf("there is no such pod in namespace %q", request.Namespace))
	case !isActive(pod) && !isSidecarTerminated(pod): // 8
		return invalid("the pod has finished or is being deleted, so that its containers do not start again")
	case pod.Spec.NodeName == "": // 9
		return invalid("the pod is not on a node yet, so that it has no containers")
	default:
		return nil
	}
}

func isActive(pod *corev1.Pod) bool {
	return pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed && pod.DeletionTimestamp == nil
}

// isSidecarTerminated reports the condition of a pod whatever its value, as OpenKruise does.
func isSidecarTerminated(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(condition corev1.PodCondition) bool {
		return condition.Type == sidecarTerminatedCondition
	})
}

// containersCannotRecreate names the containers that cannot be recreated. The daemon looks for the status of regular containers only, so init
// containers, restartable ones included, have none.
func containersCannotRecreate(pod *corev1.Pod, spec *v1beta1.ContainerRecreateRequestSpec) field.ErrorList {
	var errs field.ErrorList
	for i, container := range spec.Containers {
		if len(errs) >= mostRecreateFaults {
			break
		}
		path := containersPath.Index(i).Child("name")
		switch status := containerStatusOf(pod, container.Name); {
		case isInitContainer(pod, container.Name):
			errs = append(errs, field.Invalid(path, container.Name, "is an init container, which cannot be recreated"))
		case containerOf(pod, container.Name) == nil: // 13
			errs = append(errs, field.Invalid(path, container.Name, fmt.Sprintf("pod %q has no such container", spec.PodName)))
		case status == nil || status.ContainerID == "": // 14, 15
			errs = append(errs, field.Invalid(path, container.Name, "has not started yet: try again when the pod's status names its containerID"))
		}
	}
	return errs
}

func isInitContainer(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.InitContainers, func(container corev1.Container) bool { return container.Name == name })
}

// containerOf returns a regular container of a pod, nil if there is none of that name.
func containerOf(pod *corev1.Pod, name string) *corev1.Container {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Name == name {
			return &pod.Spec.Containers[i]
		}
	}
	return nil
}

func containerStatusOf(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == name {
			return &pod.Status.ContainerStatuses[i]
		}
	}
	return nil
}

// preStop returns the preStop hook of a container, nil if it has none.
func preStop(pod *corev1.Pod, name string) *corev1.LifecycleHandler {
	container := containerOf(pod, name)
	if container == nil || container.Lifecycle == nil {
		return nil
	}
	return container.Lifecycle.PreStop
}

// recreateRequestUpdate refuses changes of what the daemon may have begun to carry out.
func recreateRequestUpdate(request, old *recreateRequest) field.ErrorList {
	var errs field.ErrorList
	const remedy = "keep it, or delete the request and create another"
	if !equality.Semantic.DeepEqual(request.Spec, old.Spec) { // (d) 1
		errs = append(errs, field.Forbidden(field.NewPath("spec"), "is immutable: "+remedy))
	}
	for _, label := range []string{v1beta1.ContainerRecreateRequestPodUIDKey, v1beta1.ContainerRecreateRequestNodeNameKey} { // 2, 3
		value, is := request.Labels[label]
		before, was := old.Labels[label]
		if is != was || value != before {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", "labels").Key(label), fmt.Sprintf("is immutable: it is %q; %s", before, remedy)))
		}
	}
	if before := old.Annotations[v1alpha1.UnreadyAcquiredKey]; request.alpha && before != "" && request.Annotations[v1alpha1.UnreadyAcquiredKey] != before { // 4
		errs = append(errs, field.Forbidden(field.NewPath("metadata", "annotations").Key(v1alpha1.UnreadyAcquiredKey),
			fmt.Sprintf("is immutable once it is set: it is %q", before)))
	}
	return errs
}
