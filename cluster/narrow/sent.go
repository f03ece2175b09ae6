package narrow

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// launchPriority is the variable that otherSteps look for.
const launchPriority = "KRUISE_CONTAINER_PRIORITY"

// Sent says what an API server makes of an expression for the creation of a pod: whether it asks the server. It knows so only of the expression for
// the SidecarSets and the namespaces as they are, because it does not read CEL: it asks the same of the objects. test/narrow compares the two.
func Sent(expression string, sets []*v1beta1.SidecarSet, namespaces []string, namespace string, pod *corev1.Pod) (sent, known bool) {
	current, ok := Expression(sets, namespaces)
	if !ok || current != expression {
		return false, false
	}
	return slices.Contains(namespaces, namespace) || concernsOtherSteps(pod) ||
		slices.ContainsFunc(sets, func(set *v1beta1.SidecarSet) bool { return maySelect(set, namespace, pod.Labels) }), true
}

// concernsOtherSteps is otherSteps in Go.
func concernsOtherSteps(pod *corev1.Pod) bool {
	for _, owner := range pod.OwnerReferences {
		if strings.HasPrefix(owner.APIVersion, v1beta1.GroupVersion.Group+"/") {
			return true
		}
	}
	for key := range pod.Annotations {
		if strings.Contains(key, "kruise.io/") {
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(pod.Spec.Containers, pod.Spec.InitContainers), func(c corev1.Container) bool {
		return slices.ContainsFunc(c.Env, func(variable corev1.EnvVar) bool { return variable.Name == launchPriority })
	})
}

// maySelect is selects in Go.
func maySelect(set *v1beta1.SidecarSet, namespace string, podLabels map[string]string) bool {
	for _, requirement := range requirements(set.Spec.Selector) {
		if !meets(requirement, podLabels) {
			return false
		}
	}
	if set.Spec.NamespaceSelector == nil {
		return true
	}
	for _, requirement := range requirements(set.Spec.NamespaceSelector) {
		if requirement.Key == namespaceName && requirement.Operator == metav1.LabelSelectorOpIn && !slices.Contains(requirement.Values, namespace) {
			return false
		}
	}
	return true
}

// meets is holds in Go.
func meets(requirement metav1.LabelSelectorRequirement, podLabels map[string]string) bool {
	value, exists := podLabels[requirement.Key]
	isOneOf := exists && slices.Contains(requirement.Values, value)
	switch requirement.Operator {
	case metav1.LabelSelectorOpIn:
		return isOneOf
	case metav1.LabelSelectorOpNotIn:
		return !isOneOf
	case metav1.LabelSelectorOpExists:
		return exists
	}
	return !exists
}
