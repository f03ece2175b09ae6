package validate

// Whether two label selectors can select the same object, for kinds of which only one may be about a pod. OpenKruise decides by the words that the selectors use, and so
// takes "a exists" and "b=c" for disjoint although an object can have both labels (quirk 52), and the value ALL for a
// wildcard. Here the requirements of both are put together, key by key: the selectors are disjoint exactly if some key
// cannot fulfil all of them.

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// overlap reports whether some set of labels fulfils both selectors, and gives one as an example: "a=b, c" stands for the label
// a with the value b and a label c with any value. A nil selector selects nothing, as everywhere in Kubernetes.
func overlap(a, b *metav1.LabelSelector) (example string, ok bool) {
	if a == nil || b == nil {
		return "", false
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
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		value, possible := wanted[key].example()
		switch {
		case !possible:
			return "", false
		case value != "":
			labels = append(labels, key+"="+value)
		case wanted[key].exists:
			labels = append(labels, key)
		}
	}
	return strings.Join(labels, ", "), true
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

// example reports whether a label can be so, and with which value if only some will do.
func (r *requirement) example() (value string, possible bool) {
	if r.never || (r.exists && r.absent) {
		return "", false
	}
	if r.among == nil {
		return "", true // absent, or one of the infinitely many values that are not excepted
	}
	for _, value := range r.among {
		if !slices.Contains(r.except, value) {
			return value, true
		}
	}
	return "", false
}
