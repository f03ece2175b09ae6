package validate

// The subsets of a WorkloadSpread: names, what they say about nodes, and how many pods they take (rules 6 to 10 and 12 to 16).

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

var subsetsPath = specPath.Child("subsets")

// subsets checks all subsets. OpenKruise stops at the first wrong maxReplicas; the other subsets are told about here, too.
func (s *workloadSpread) subsets(found *findings) {
	if len(s.spec.Subsets) == 0 {
		found.add(field.ErrorList{field.Required(subsetsPath, "at least one subset")})
		return
	}
	names := map[string]bool{}
	for i := range s.spec.Subsets {
		subset, path := &s.spec.Subsets[i], subsetsPath.Index(i)
		switch {
		case subset.Name == "":
			found.add(field.ErrorList{field.Required(path.Child("name"), "a name, by which pods and status refer to the subset")})
		case names[subset.Name]:
			found.add(field.ErrorList{field.Duplicate(path.Child("name"), subset.Name)})
		}
		names[subset.Name] = true
		found.add(s.nodes(subset, path))
	}
	found.add(s.maxReplicas(found))
}

// nodes checks what a subset says about nodes.
func (s *workloadSpread) nodes(subset *v1beta1.WorkloadSpreadSubset, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if term := subset.RequiredNodeSelector; term != nil {
		errs = append(errs, nodeSelectorTerm(term, true, path.Child(s.requiredNodeSelector))...)
	}
	c := &podChecker{}
	for i := range subset.PreferredNodeSelector {
		term, at := &subset.PreferredNodeSelector[i], path.Child(s.preferredNodeSelector).Index(i)
		c.weight(term.Weight, at)
		c.addAll(nodeSelectorTerm(&term.Preference, false, at.Child("preference")))
	}
	errs = append(errs, c.errs...)
	return append(errs, tolerations(subset.Tolerations, path.Child("tolerations"))...)
}

// maxReplicas checks how many pods the subsets take. It stops at the first fault, because sums and comparisons mean nothing after it.
func (s *workloadSpread) maxReplicas(found *findings) field.ErrorList {
	var first *intstr.IntOrString
	sum := 0
	for i := range s.spec.Subsets {
		limit, path := s.spec.Subsets[i].MaxReplicas, subsetsPath.Index(i).Child("maxReplicas")
		if limit == nil {
			continue
		}
		if first == nil {
			first = limit
		}
		if limit.Type != first.Type { // 12
			return field.ErrorList{field.Invalid(path, asWritten(limit), fmt.Sprintf(
				"must be written like that of the other subsets (%s): all numbers, or all percentages", textOf(first)))}
		}
		if limit.Type == intstr.Int {
			if limit.IntVal < 0 { // 14
				return field.ErrorList{field.Invalid(path, limit.IntVal, "must be 0 or more; leave it out for no limit")}
			}
			continue
		}
		if target := s.spec.TargetReference; target != nil && target.Kind == "StatefulSet" { // 13
			return field.ErrorList{field.Invalid(path, limit.StrVal, "must be a number: pods of a StatefulSet belong to subsets by their ordinal")}
		}
		percent, err := subsetPercent(limit.StrVal)
		if err != nil { // 14
			return field.ErrorList{field.Invalid(path, limit.StrVal, err.Error())}
		}
		if !strings.HasSuffix(limit.StrVal, "%") {
			found.warn(fmt.Sprintf("%s is %q, a string, and means %d%%: write %d without quotes for a number of pods", path, limit.StrVal, percent, percent))
		}
		if sum += percent; sum > 100 { // 15
			return field.ErrorList{field.Invalid(path, limit.StrVal, fmt.Sprintf("makes %d%% together with the subsets before it: at most 100%%", sum))}
		}
	}
	last := len(s.spec.Subsets) - 1
	if first != nil && first.Type == intstr.String && sum < 100 && s.spec.Subsets[last].MaxReplicas != nil { // 16
		return field.ErrorList{field.Invalid(subsetsPath.Index(last).Child("maxReplicas"), asWritten(s.spec.Subsets[last].MaxReplicas), fmt.Sprintf(
			"all percentages make %d%%, so some pods belong nowhere: let them make 100%%, or leave this one out", sum))}
	}
	return nil
}

// subsetPercent reads a percentage as OpenKruise does, which forgets all percent signs, wherever they are.
func subsetPercent(text string) (int, error) {
	percent, err := strconv.ParseInt(strings.ReplaceAll(text, "%", ""), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("must be an integer or a percentage without decimals, such as \"20%%\"")
	}
	if percent < 0 {
		return 0, fmt.Errorf("must be 0%% or more")
	}
	return int(min(percent, math.MaxInt32)), nil
}
