package inject

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// label is a label that a pod must carry for a rule to match.
type label struct{ key, value string }

// podSelector is a compiled spec.selector. Nearly all of them list labels and no more; such a list takes a fifth of the memory of a
// labels.Selector, whose pieces the garbage collector would have to visit for each of ten thousand SidecarSets.
//
// The zero value selects nothing.
type podSelector struct {
	equal []label         // the pod must have all of these
	other labels.Selector // or meet this; nil for a list of labels
}

// compileSelector gives the zero value for a selector that selects nothing: a missing one, and, lest it select every pod, an empty one
// (spec/inject.md 2.3).
func compileSelector(selector *metav1.LabelSelector) (podSelector, error) {
	if selector == nil || len(selector.MatchLabels)+len(selector.MatchExpressions) == 0 {
		return podSelector{}, nil
	}
	compiled, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil || len(selector.MatchExpressions) > 0 {
		return podSelector{other: compiled}, err
	}
	return podSelector{equal: slices.Clip(requiredLabels(compiled))}, nil
}

// nothing says that no pod is selected.
func (s podSelector) nothing() bool { return len(s.equal) == 0 && s.other == nil }

func (s podSelector) matches(has labels.Set) bool {
	if s.other != nil {
		return s.other.Matches(has)
	}
	for _, wanted := range s.equal {
		if value, ok := has[wanted.key]; !ok || value != wanted.value {
			return false
		}
	}
	return len(s.equal) > 0
}

// required lists the labels without which the selector cannot match.
func (s podSelector) required() []label {
	if s.other != nil {
		return requiredLabels(s.other)
	}
	return s.equal
}

// selector is what was compiled, for words about it.
func (s podSelector) selector() labels.Selector {
	if s.other != nil {
		return s.other
	}
	set := labels.Set{}
	for _, wanted := range s.equal {
		set[wanted.key] = wanted.value
	}
	return labels.SelectorFromValidatedSet(set)
}

// requiredLabels lists the labels without which a selector cannot match.
func requiredLabels(s labels.Selector) []label {
	var required []label
	requirements, _ := s.Requirements()
	for _, r := range requirements {
		values := r.ValuesUnsorted()
		if len(values) == 1 && (r.Operator() == selection.Equals || r.Operator() == selection.In) {
			required = append(required, label{r.Key(), values[0]})
		}
	}
	return required
}
