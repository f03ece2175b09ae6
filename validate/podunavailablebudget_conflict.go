package validate

// Whether two PodUnavailableBudgets of a namespace are about the same pods (spec/validate-podunavailablebudget.md (c) 14). A pod
// belongs to one budget only, that which is found first, so the other would protect fewer pods than it says.

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// conflicts compares the budget with the others. The first one that is in conflict is told. Selectors that overlap without using the same
// keys are only warned of: one may be meant to hold for a few of the pods of the other.
func (b *podUnavailableBudget) conflicts(others []*v1beta1.PodUnavailableBudget, found *findings) {
	for _, other := range others {
		if other.Name == b.Name {
			continue
		}
		mine, theirs := b.Spec.TargetReference, other.Spec.TargetReference
		if mine != nil && theirs != nil {
			if sameWorkload(mine, theirs) {
				found.add(field.ErrorList{field.Invalid(targetOfBudget, mine.Name,
					fmt.Sprintf("is also the workload of PodUnavailableBudget %q: change that one instead", other.Name))})
				return
			}
			continue
		}
		example, ok := overlap(b.Spec.Selector, other.Spec.Selector)
		if example == "" {
			example = "none of these labels" // such as two selectors that only exclude values
		}
		switch {
		case !ok:
		case slices.Equal(selectorKeys(b.Spec.Selector), selectorKeys(other.Spec.Selector)):
			found.add(field.ErrorList{field.Invalid(selectorOfBudget, metav1.FormatLabelSelector(b.Spec.Selector),
				fmt.Sprintf("selects pods (with %s) that PodUnavailableBudget %q selects as well: make them disjoint, or change that one instead", example, other.Name))})
			return
		default:
			found.warn(fmt.Sprintf("a pod with %s is selected by PodUnavailableBudget %q as well, and only one of the two will protect it",
				example, other.Name))
		}
	}
}

// selectorKeys are the labels that a selector is about, sorted.
func selectorKeys(selector *metav1.LabelSelector) []string {
	keys := slices.Collect(maps.Keys(selector.MatchLabels))
	for _, expression := range selector.MatchExpressions {
		keys = append(keys, expression.Key)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
