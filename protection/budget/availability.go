package budget

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// unavailable says why a pod loses nothing when it goes; empty when it does (spec 2.6, rows 1 to 3).
func (r *Reviewer) unavailable(pod *corev1.Pod) string {
	if off, err := strconv.ParseBool(pod.Annotations[v1beta1.NoProtectAnnotation]); err == nil && off {
		return "the pod has the annotation " + v1beta1.NoProtectAnnotation
	}
	switch {
	case pod.DeletionTimestamp != nil:
		return "the pod is already being deleted"
	case pod.Status.Phase != corev1.PodRunning || !isReady(pod):
		return "the pod is not ready"
	case calledUnavailable(pod):
		return "the pod has a label " + v1beta1.UnavailableLabelPrefix + "..."
	case !r.consistent(pod):
		return "the pod is being updated in place"
	default:
		return ""
	}
}

func isReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
