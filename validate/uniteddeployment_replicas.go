package validate

// How many pods the subsets of a UnitedDeployment have (rule (c) 7). Either subsets have fixed replicas, and those without divide the
// rest, or they have minimums and maximums, of which at least one subset must have no maximum to take all others.

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// noMaximum is what OpenKruise counts for a subset without maxReplicas. That minimums exceed maximums in their sum, which it checks
// as well, cannot be where none of them does.
const noMaximum = 1_000_000

// subsetReplicas checks the numbers of all subsets. Negative replicas of the UnitedDeployment are an error elsewhere, and mean nothing here.
func subsetReplicas(spec *v1beta1.UnitedDeploymentSpec) field.ErrorList {
	total := spec.Replicas
	if total != nil && *total < 0 {
		return nil
	}
	var errs field.ErrorList
	var sum int64
	fixed, limited, maximums := 0, 0, 0
	for i := range spec.Topology.Subsets {
		subset, path := &spec.Topology.Subsets[i], topologySubsetsPath.Index(i)
		number, bad := subsetNumber(subset.Replicas, total, 0, path.Child("replicas"))
		errs = append(errs, bad...)
		sum += number
		errs = append(errs, subsetLimits(subset, total, path)...)
		if subset.Replicas != nil {
			fixed++
		}
		if subset.MinReplicas != nil || subset.MaxReplicas != nil {
			limited++
		}
		if subset.MaxReplicas != nil {
			maximums++
		}
	}
	if len(errs) > 0 {
		return errs
	}
	count := len(spec.Topology.Subsets)
	switch {
	case fixed > 0 && limited > 0:
		return field.ErrorList{field.Invalid(topologySubsetsPath, fmt.Sprintf("%d with replicas, %d with minReplicas or maxReplicas", fixed, limited),
			"use either replicas or minReplicas and maxReplicas, in all subsets")}
	case limited > 0 && total == nil:
		return field.ErrorList{field.Invalid(topologySubsetsPath, "spec.replicas not set", "minReplicas and maxReplicas need spec.replicas: set it")}
	case limited > 0 && maximums == count:
		return field.ErrorList{field.Invalid(topologySubsetsPath, fmt.Sprintf("%d of %d with maxReplicas", maximums, count),
			"at least one subset must take all pods that others have no room for: remove maxReplicas from one")}
	case limited > 0:
		return nil
	case total == nil && fixed < count:
		return field.ErrorList{field.Invalid(topologySubsetsPath, "spec.replicas not set",
			"without it every subset needs replicas: set spec.replicas, or replicas in each subset")}
	case total != nil:
		return subsetSum(sum, *total, count > 0 && fixed == count)
	}
	return nil
}

// subsetSum checks the sum of fixed replicas. Percentages are rounded, so that they may add up to another number than one would think.
func subsetSum(sum int64, total int32, all bool) field.ErrorList {
	switch {
	case sum > int64(total):
		return field.ErrorList{field.Invalid(topologySubsetsPath, fmt.Sprintf("replicas add up to %d", sum),
			fmt.Sprintf("must be no more than spec.replicas, which is %d; percentages of it are rounded to the nearest number, "+
				"so leave replicas out of one subset to give it the rest", total))}
	case all && sum != int64(total):
		return field.ErrorList{field.Invalid(topologySubsetsPath, fmt.Sprintf("replicas add up to %d", sum),
			fmt.Sprintf("must be spec.replicas, which is %d, when every subset has replicas: leave them out of one subset to give it the rest", total))}
	}
	return nil
}

// subsetLimits checks the minimum and the maximum of a subset.
func subsetLimits(subset *v1beta1.Subset, total *int32, path *field.Path) field.ErrorList {
	least, errs := subsetNumber(subset.MinReplicas, total, 0, path.Child("minReplicas"))
	most, bad := subsetNumber(subset.MaxReplicas, total, noMaximum, path.Child("maxReplicas"))
	if errs = append(errs, bad...); len(errs) > 0 || least <= most {
		return errs
	}
	return field.ErrorList{field.Invalid(path.Child("minReplicas"), asWritten(subset.MinReplicas), fmt.Sprintf(
		"is %d pods, more than maxReplicas (%s) allows, which is %d: lower it, or raise maxReplicas", least, textOf(subset.MaxReplicas), most))}
}

// subsetNumber reads a number of pods, or a percentage of all, rounded to the nearest number; absent counts as something.
func subsetNumber(value *intstr.IntOrString, total *int32, absent int64, path *field.Path) (int64, field.ErrorList) {
	invalid := func(detail string) (int64, field.ErrorList) {
		return 0, field.ErrorList{field.Invalid(path, asWritten(value), detail)}
	}
	if value == nil {
		return absent, nil
	}
	if value.Type == intstr.Int {
		if value.IntVal < 0 {
			return invalid("must be 0 or more, or a percentage such as \"20%\"")
		}
		return int64(value.IntVal), nil
	}
	number, isPercent := strings.CutSuffix(value.StrVal, "%")
	percent, err := strconv.ParseInt(number, 10, 32)
	switch {
	case !isPercent || err != nil || percent < 0 || percent > 100:
		return invalid("must be an integer without quotes, or a whole percentage from \"0%\" to \"100%\"")
	case total == nil:
		return invalid("is a percentage of spec.replicas, which is not set: set it, or write an integer")
	}
	return (int64(*total)*percent + 50) / 100, nil
}
