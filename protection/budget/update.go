package budget

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// harmless reports whether an update leaves the containers of a pod alone and does not call it unavailable (spec 2.4).
func harmless(old, pod *corev1.Pod) bool {
	return !becomesUnavailable(old, pod) && equality.Semantic.DeepEqual(withoutTolerations(&old.Spec), withoutTolerations(&pod.Spec))
}

// becomesUnavailable reports whether an update adds the first label that calls a pod unavailable.
func becomesUnavailable(old, pod *corev1.Pod) bool {
	return !calledUnavailable(old) && calledUnavailable(pod)
}

func calledUnavailable(pod *corev1.Pod) bool {
	for key := range pod.Labels {
		if strings.HasPrefix(key, v1beta1.UnavailableLabelPrefix) {
			return true
		}
	}
	return false
}

// withoutTolerations is the spec without what may change while no container notices.
func withoutTolerations(spec *corev1.PodSpec) corev1.PodSpec {
	rest := *spec
	rest.Tolerations = nil
	return rest
}
