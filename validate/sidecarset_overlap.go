package validate

// Whether two label selectors can select the same object. OpenKruise decides by the words that the selectors use, and so
// takes "a exists" and "b=c" for disjoint although an object can have both labels (quirk 52), and the value ALL for a
// wildcard. Here the requirements of both are put together, key by key: the selectors are disjoint exactly if some key
// cannot fulfil all of them.

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// canOverlap reports whether some set of labels fulfils both selectors. A nil selector selects nothing, as everywhere in
// Kubernetes.
func canOverlap(a, b *metav1.LabelSelector) bool {
	if a == nil || b == nil {
		return false
	}
	wanted := map[string]*requirement{}
	for _, selector := range []*metav1.LabelSelector{a, b} {
		for key, value := range selector.MatchLabels {
			requirementOf(wanted, key).in([]string{value})
		}
		for _, expression := range selector.MatchExpressions {
			requirementOf(wanted, expression.Key).and(expression)
		}
	}
	for _, r := range wanted {
		if !r.possible() {
			return false
		}
	}
	return true
}

// requirement is what all expressions together ask of one label.
type requirement struct {
	exists, absent bool
	// among is nil when any value will do.
	among  []string
	except []string
	never  bool // an operator that nothing fulfils
}

func requirementOf(wanted map[string]*requirement, key string) *requirement {
	if wanted[key] == nil {
		wanted[key] = &requirement{}
	}
	return wanted[key]
}

func (r *requirement) in(values []string) {
	r.exists = true
	if r.among == nil {
		r.among = slices.Clone(values)
		if r.among == nil {
			r.among = []string{}
		}
		return
	}
	r.among = slices.DeleteFunc(r.among, func(value string) bool { return !slices.Contains(values, value) })
}

func (r *requirement) and(expression metav1.LabelSelectorRequirement) {
	switch expression.Operator {
	case metav1.LabelSelectorOpIn:
		r.in(expression.Values)
	case metav1.LabelSelectorOpNotIn: // an absent label fulfils it, too
		r.except = append(r.except, expression.Values...)
	case metav1.LabelSelectorOpExists:
		r.exists = true
	case metav1.LabelSelectorOpDoesNotExist:
		r.absent = true
	default: // a stored selector that cannot be compiled selects nothing
		r.never = true
	}
}

// possible reports whether a label can be so.
func (r *requirement) possible() bool {
	if r.never || (r.exists && r.absent) {
		return false
	}
	if r.among == nil {
		return true // absent, or one of the infinitely many values that are not excepted
	}
	return slices.ContainsFunc(r.among, func(value string) bool { return !slices.Contains(r.except, value) })
}
