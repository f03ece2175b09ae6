package validate

// The fields that every workload has beside its templates: replicas, the selector, and the two fields of the pod spec that a
// workload fixes.

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// replicas checks the number of pods. OpenKruise crashes when there is none, in admission and in its controllers.
func replicas(number *int32) field.ErrorList {
	path := specPath.Child("replicas")
	if number == nil {
		return field.ErrorList{field.Required(path, "the number of pods; defaulting fills in 1 when the mutating webhook is installed")}
	}
	return nonNegative(number, path)
}

// podSelector checks that the selector is there, is valid, does not select everything, and selects the pods of the template.
func (w *workload) podSelector() field.ErrorList {
	if errs := w.validSelector(); len(errs) > 0 {
		return errs
	}
	return w.selects(w.pods.Labels, "pods", w.templatePath().Child("metadata", "labels"))
}

// validSelector checks that the selector is there, is valid and does not select everything.
func (w *workload) validSelector() field.ErrorList {
	path := specPath.Child("selector")
	remedy := "repeat labels of " + w.templatePath().Child("metadata", "labels").String()
	switch {
	case w.selector == nil:
		return field.ErrorList{field.Required(path, "which pods belong to the "+w.kind+"; "+remedy)}
	case selectsEverything(w.selector):
		return field.ErrorList{field.Invalid(path, "{}", "would select every pod of the namespace: "+remedy)}
	default:
		return labelSelector(w.selector, path)
	}
}

// selects checks that the selector, which is valid, selects objects with labels.
func (w *workload) selects(given map[string]string, objects string, path *field.Path) field.ErrorList {
	if selector, err := metav1.LabelSelectorAsSelector(w.selector); err != nil || selector.Matches(labels.Set(given)) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, given, fmt.Sprintf(
		"spec.selector (%s) does not select %s with these labels: make the two agree", metav1.FormatLabelSelector(w.selector), objects))}
}

// sameSelector refuses to change the selector.
func (w *workload) sameSelector(old *workload) field.ErrorList {
	if equality.Semantic.DeepEqual(w.selector, old.selector) {
		return nil
	}
	return field.ErrorList{field.Forbidden(specPath.Child("selector"), fmt.Sprintf(
		"is immutable: it is %q; keep it, or delete the %s and create it anew", metav1.FormatLabelSelector(old.selector), w.kind))}
}

// endlessPods checks what the pods of a workload must have because they are restarted for ever.
func (w *workload) endlessPods() field.ErrorList {
	spec, path := &w.pods.Spec, w.templatePath().Child("spec")
	var errs field.ErrorList
	if policy := spec.RestartPolicy; policy != "" && policy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("restartPolicy"), policy, []corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("activeDeadlineSeconds"), "the pods of a "+w.kind+" have no end: remove it"))
	}
	return errs
}
