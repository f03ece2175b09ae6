package validate

// Which terms of a node selector are valid, and which tolerations: for kinds that send pods to groups of nodes.

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// nodeSelectorTerm checks one term. Kubernetes looks at the values of labels in some places only, and tolerates any elsewhere;
// labelValues says that it looks here.
func nodeSelectorTerm(term *corev1.NodeSelectorTerm, labelValues bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range term.MatchExpressions {
		errs = append(errs, nodeLabelRequirement(&term.MatchExpressions[i], labelValues, path.Child("matchExpressions").Index(i))...)
	}
	for i := range term.MatchFields {
		errs = append(errs, nodeFieldRequirement(&term.MatchFields[i], path.Child("matchFields").Index(i))...)
	}
	return errs
}

func nodeLabelRequirement(requirement *corev1.NodeSelectorRequirement, labelValues bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	values := path.Child("values")
	switch requirement.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(requirement.Values) == 0 {
			errs = append(errs, field.Required(values, "at least one value with operator "+string(requirement.Operator)))
		}
	case corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist:
		if len(requirement.Values) > 0 {
			errs = append(errs, field.Forbidden(values, "operator "+string(requirement.Operator)+" takes no values: remove them, or use In or NotIn"))
		}
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		if len(requirement.Values) != 1 {
			errs = append(errs, field.Required(values, "exactly one value with operator "+string(requirement.Operator)))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), requirement.Operator, "must be In, NotIn, Exists, DoesNotExist, Gt or Lt"))
	}
	errs = append(errs, metav1validation.ValidateLabelName(requirement.Key, path.Child("key"))...)
	if labelValues {
		for i, value := range requirement.Values {
			for _, message := range validation.IsValidLabelValue(value) {
				errs = append(errs, field.Invalid(values.Index(i), value, message))
			}
		}
	}
	return errs
}

// nodeFieldRequirement checks a requirement of a field of the node: its name is the only one.
func nodeFieldRequirement(requirement *corev1.NodeSelectorRequirement, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	values := path.Child("values")
	switch requirement.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(requirement.Values) != 1 {
			errs = append(errs, field.Required(values, "exactly one value: a node has one name"))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), requirement.Operator, "must be In or NotIn"))
	}
	if requirement.Key != metav1.ObjectNameField {
		return append(errs, field.Invalid(path.Child("key"), requirement.Key, "must be "+metav1.ObjectNameField+": select by other properties with matchExpressions"))
	}
	for i, value := range requirement.Values {
		for _, message := range validation.IsDNS1123Subdomain(value) {
			errs = append(errs, field.Invalid(values.Index(i), value, message))
		}
	}
	return errs
}

// tolerations checks the tolerations that OpenKruise adds to pods. They compare no numbers, which Kubernetes 1.35 can
// behind a feature gate that is off.
func tolerations(list []corev1.Toleration, path *field.Path) field.ErrorList {
	c := &podChecker{}
	for i := range list {
		at := path.Index(i)
		c.toleration(&list[i], at)
		if operator := list[i].Operator; operator == corev1.TolerationOpLt || operator == corev1.TolerationOpGt {
			c.add(field.NotSupported(at.Child("operator"), operator, []corev1.TolerationOperator{corev1.TolerationOpEqual, corev1.TolerationOpExists}))
		}
	}
	return c.errs
}
