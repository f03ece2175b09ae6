package validate

// Which orders of an update are valid (spec/validate-workload-common.md 10): priorities and scattering, as SidecarSet and
// CloneSet share them.
//
// Both report their first fault only, with the error type "required", as OpenKruise does.

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// priorityStrategy reports what is wrong with an update priority; nil is valid, and so is an empty one.
func priorityStrategy(strategy *v1beta1.UpdatePriorityStrategy, path *field.Path) field.ErrorList {
	if strategy == nil {
		return nil
	}
	if len(strategy.WeightPriority) > 0 && len(strategy.OrderPriority) > 0 {
		return field.ErrorList{field.Required(path, "weightPriority and orderPriority exclude each other: keep one")}
	}
	for i, term := range strategy.WeightPriority {
		// OpenKruise's own text says 1 to 100, but 0 has always been accepted.
		if term.Weight < 0 || term.Weight > 100 {
			return field.ErrorList{field.Required(path, fmt.Sprintf("weightPriority[%d].weight is %d: it must be between 0 and 100", i, term.Weight))}
		}
		if selectsEverything(&term.MatchSelector) {
			return field.ErrorList{field.Required(path, fmt.Sprintf("weightPriority[%d].matchSelector is empty: name the pods that have this weight", i))}
		}
		if _, err := metav1.LabelSelectorAsSelector(&term.MatchSelector); err != nil {
			return field.ErrorList{field.Required(path, fmt.Sprintf("weightPriority[%d].matchSelector cannot be used: %v", i, err))}
		}
	}
	for i, term := range strategy.OrderPriority {
		if term.OrderedKey == "" {
			return field.ErrorList{field.Required(path, fmt.Sprintf("orderPriority[%d].orderedKey is empty: name the label whose value orders the pods", i))}
		}
	}
	return nil
}

// scatterStrategy reports what is wrong with a scattering; an empty list is valid, and so is an empty value in it.
func scatterStrategy(strategy v1beta1.UpdateScatterStrategy, path *field.Path) field.ErrorList {
	seen := make(map[string]bool, len(strategy))
	for i, term := range strategy {
		if term.Key == "" {
			return field.ErrorList{field.Required(path, fmt.Sprintf("[%d].key is empty: name the label of the pods to scatter", i))}
		}
		// Joined as OpenKruise joins them, so that {a:b, c} and {a, b:c} are the same there and here.
		pair := term.Key + ":" + term.Value
		if seen[pair] {
			return field.ErrorList{field.Required(path, fmt.Sprintf("[%d] repeats %q: remove one of the two", i, pair))}
		}
		seen[pair] = true
	}
	return nil
}
