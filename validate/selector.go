package validate

// Which label selectors are valid (spec/validate-workload-common.md 4).

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// labelSelector reports every fault of a selector. A nil selector has none: whether a selector must be there is the
// caller's rule.
//
// OpenKruise adds one more error, that the selector cannot be converted, whenever it reports one of these. That error
// says nothing new, so it is given only when nothing else was found.
func labelSelector(selector *metav1.LabelSelector, path *field.Path) field.ErrorList {
	errs := metav1validation.ValidateLabelSelector(selector, metav1validation.LabelSelectorValidationOptions{}, path)
	if len(errs) > 0 {
		return errs
	}
	if _, err := metav1.LabelSelectorAsSelector(selector); err != nil {
		errs = append(errs, field.Invalid(path, metav1.FormatLabelSelector(selector), err.Error()))
	}
	return errs
}

// selectsEverything reports whether a selector has neither labels nor expressions: Kubernetes takes {} for "all".
func selectsEverything(selector *metav1.LabelSelector) bool {
	return selector != nil && len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0
}
