package validate

// The update strategy of a StatefulSet, and how many pods may be missing while it is scaled or updated: rules 7 to 20.

import (
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

const (
	// maxMinReadySeconds bounds updateStrategy.rollingUpdate.minReadySeconds.
	maxMinReadySeconds = 300
	// inPlaceUpdateReady is the readiness gate by which the controller keeps traffic away from a pod that it changes in place.
	inPlaceUpdateReady = "InPlaceUpdateReady"
)

// scaleBudget is rule 7.
func scaleBudget(set *statefulSet) field.ErrorList {
	if set.spec.ScaleStrategy == nil || set.spec.ScaleStrategy.MaxUnavailable == nil {
		return nil
	}
	return unavailableBudget(set, *set.spec.ScaleStrategy.MaxUnavailable, set.newerPath.Child("scaleStrategy", "maxUnavailable"))
}

// unavailableBudget is rule M of the specification: at least one pod, and with ordered pods exactly one, which must be written as a
// number.
func unavailableBudget(set *statefulSet, value intstr.IntOrString, path *field.Path) field.ErrorList {
	if errs := nonNegativeIntOrPercent(value, path); len(errs) > 0 {
		return errs
	}
	var errs field.ErrorList
	if number, err := scaledPercent(value, 1); err != nil {
		errs = append(errs, field.Invalid(path, asWritten(&value), err.Error()))
	} else if number < 1 {
		errs = append(errs, field.Invalid(path, asWritten(&value), "must let at least one pod be unavailable"))
	}
	if set.spec.PodManagementPolicy != appsv1.ParallelPodManagement && value != intstr.FromInt32(1) {
		errs = append(errs, field.Invalid(path, asWritten(&value), "must be 1 unless podManagementPolicy is Parallel"))
	}
	return errs
}

// statefulSetStrategy is rules 8 to 20. OpenKruise reports the type at spec.updateStrategy.
func statefulSetStrategy(set *statefulSet) field.ErrorList {
	strategy, path := &set.spec.UpdateStrategy, updateStrategyPath.Child("type")
	switch strategy.Type {
	case appsv1.RollingUpdateStatefulSetStrategyType:
		if strategy.RollingUpdate != nil {
			return statefulSetRollout(set, strategy.RollingUpdate)
		}
	case appsv1.OnDeleteStatefulSetStrategyType:
		if strategy.RollingUpdate != nil {
			return field.ErrorList{field.Invalid(rollingUpdatePath, "set", "has no meaning with type OnDelete: remove it, "+
				"also where defaulting filled it in earlier")}
		}
	case "":
		return field.ErrorList{field.Required(path, "RollingUpdate or OnDelete; defaulting fills in RollingUpdate when the mutating webhook is installed")}
	default:
		return field.ErrorList{field.Invalid(path, strategy.Type, "must be RollingUpdate or OnDelete; "+
			"how pods get the new template is rollingUpdate.podUpdatePolicy")}
	}
	return nil
}

// statefulSetRollout is rules 11 to 20. OpenKruise crashes on fields that defaulting has not filled in.
func statefulSetRollout(set *statefulSet, rollout *v1beta1.RollingUpdateStatefulSetStrategy) field.ErrorList {
	path := rollingUpdatePath
	errs := filledIn(rollout.Partition, path.Child("partition"))
	errs = append(errs, filledIn(rollout.MinReadySeconds, path.Child("minReadySeconds"))...)
	if seconds := rollout.MinReadySeconds; seconds != nil && *seconds > maxMinReadySeconds {
		errs = append(errs, field.Invalid(path.Child("minReadySeconds"), *seconds, fmt.Sprintf("must be no more than %d seconds", maxMinReadySeconds)))
	}
	if rollout.MaxUnavailable == nil {
		errs = append(errs, field.Required(path.Child("maxUnavailable"), "how many pods may be unavailable during an update, at least 1"))
	} else {
		errs = append(errs, unavailableBudget(set, *rollout.MaxUnavailable, path.Child("maxUnavailable"))...)
	}
	errs = append(errs, podUpdatePolicy(set, rollout.PodUpdatePolicy)...)
	if unordered := rollout.UnorderedUpdate; unordered != nil {
		at := path.Child("unorderedUpdate")
		if set.spec.PodManagementPolicy != appsv1.ParallelPodManagement {
			errs = append(errs, field.Required(at, "needs podManagementPolicy Parallel: remove it, or create the StatefulSet anew with Parallel"))
		}
		errs = append(errs, priorityStrategy(unordered.PriorityStrategy, at.Child("priorityStrategy"))...)
	}
	return errs
}

// filledIn checks a number that must be there and be 0 or more.
func filledIn(value *int32, path *field.Path) field.ErrorList {
	if value == nil {
		return field.ErrorList{field.Required(path, "defaulting fills in 0 when the mutating webhook is installed")}
	}
	return nonNegative(value, path)
}

// podUpdatePolicy is rules 16 to 18.
func podUpdatePolicy(set *statefulSet, policy v1beta1.PodUpdateStrategyType) field.ErrorList {
	switch policy {
	case v1beta1.RecreatePodUpdateStrategyType:
		return nil
	case v1beta1.InPlaceIfPossiblePodUpdateStrategyType, v1beta1.InPlaceOnlyPodUpdateStrategyType:
		gates := make([]string, len(set.pods.Spec.ReadinessGates))
		for i, gate := range set.pods.Spec.ReadinessGates {
			gates[i] = string(gate.ConditionType)
		}
		if slices.Contains(gates, inPlaceUpdateReady) {
			return nil
		}
		return field.ErrorList{field.Invalid(templatePath.Child("spec", "readinessGates"), gates, fmt.Sprintf(
			"must have {conditionType: %s} with podUpdatePolicy %s; pods that exist get it only by being recreated, so add it under ReCreate first",
			inPlaceUpdateReady, policy))}
	case "":
		return field.ErrorList{field.Required(podUpdatePolicyPath, "ReCreate, InPlaceIfPossible or InPlaceOnly; "+
			"defaulting fills in ReCreate when the mutating webhook is installed")}
	default:
		return field.ErrorList{field.Invalid(podUpdatePolicyPath, policy, "must be ReCreate, InPlaceIfPossible or InPlaceOnly")}
	}
}
