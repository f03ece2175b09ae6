package validate

// The plain fields of a CloneSet's spec: replicas, selector, the two fields of the pod spec that a CloneSet fixes, and the
// progress deadline. Rules 2 to 7, 9, 10, 25 and 26, and which fields an update may not change.

import (
	"fmt"
	"math"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// cloneSetReplicas is rule 2. OpenKruise crashes on absent replicas, in admission and in its controller.
func cloneSetReplicas(set *cloneSet) field.ErrorList {
	path := specPath.Child("replicas")
	if set.spec.Replicas == nil {
		return field.ErrorList{field.Required(path, "the number of pods; defaulting fills in 1 when the mutating webhook is installed")}
	}
	if *set.spec.Replicas < 0 {
		return field.ErrorList{field.Invalid(path, *set.spec.Replicas, "must be 0 or more")}
	}
	return nil
}

// cloneSetSelector is rules 3 to 7.
func cloneSetSelector(set *cloneSet) field.ErrorList {
	selector, path := set.spec.Selector, specPath.Child("selector")
	var errs field.ErrorList
	switch {
	case selector == nil:
		errs = append(errs, field.Required(path, "which pods belong to the CloneSet; repeat labels of spec.template.metadata.labels"))
	case selectsEverything(selector):
		errs = append(errs, field.Invalid(path, "{}", "would select every pod of the namespace: repeat labels of spec.template.metadata.labels"))
	default:
		errs = append(errs, labelSelector(selector, path)...)
	}
	if selects, err := metav1.LabelSelectorAsSelector(selector); err == nil && len(errs) == 0 {
		if templateLabels := set.spec.Template.Labels; !selects.Matches(labels.Set(templateLabels)) {
			errs = append(errs, field.Invalid(templatePath.Child("metadata", "labels"), templateLabels, fmt.Sprintf(
				"spec.selector (%s) does not select pods with these labels: make the two agree", metav1.FormatLabelSelector(selector))))
		}
	}
	return errs
}

// cloneSetPodSpec is rules 9 and 10.
func cloneSetPodSpec(set *cloneSet) field.ErrorList {
	spec, path := &set.spec.Template.Spec, templatePath.Child("spec")
	var errs field.ErrorList
	if policy := spec.RestartPolicy; policy != "" && policy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("restartPolicy"), policy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("activeDeadlineSeconds"), "the pods of a CloneSet have no end: remove it"))
	}
	return errs
}

// noDeadline is the value of progressDeadlineSeconds that means "no deadline".
const noDeadline = math.MaxInt32

// cloneSetDeadline is rules 25 and 26, which exist for v1alpha1 only. A v1beta1 that breaks them gets a hint.
func cloneSetDeadline(set *cloneSet) field.ErrorList {
	if !set.flat {
		return nil
	}
	return progressDeadline(set)
}

func progressDeadline(set *cloneSet) field.ErrorList {
	deadline, path := set.spec.ProgressDeadlineSeconds, specPath.Child("progressDeadlineSeconds")
	switch {
	case deadline == nil:
	case *deadline < 0:
		return field.ErrorList{field.Invalid(path, *deadline, "must be 0 or more")}
	case *deadline != noDeadline && *deadline <= set.spec.MinReadySeconds:
		return field.ErrorList{field.Invalid(path, *deadline, fmt.Sprintf(
			"must be greater than minReadySeconds (%d), or no pod is ready before the deadline", set.spec.MinReadySeconds))}
	}
	return nil
}

// cloneSetImmutable refuses to change the selector. It is the only field of the spec that must stay: the list of those that
// may change in rule (d) 2 names all others.
func cloneSetImmutable(set, old *cloneSet) field.ErrorList {
	if equality.Semantic.DeepEqual(set.spec.Selector, old.spec.Selector) {
		return nil
	}
	return field.ErrorList{field.Forbidden(specPath.Child("selector"), fmt.Sprintf(
		"is immutable: it is %q; keep it, or delete the CloneSet and create it anew", metav1.FormatLabelSelector(old.spec.Selector)))}
}
