package validate

// The update strategy of a DaemonSet: rules 9 to 19. With OnDelete nothing below rollingUpdate counts.

import (
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// daemonSetStrategy is rules 9 and 10, and those of a rolling update. OpenKruise reports the type at spec.updateStrategy.
func daemonSetStrategy(set *daemonSet) field.ErrorList {
	switch kind := set.spec.UpdateStrategy.Type; kind {
	case v1beta1.OnDeleteDaemonSetStrategyType:
		return nil
	case v1beta1.RollingUpdateDaemonSetStrategyType:
	default:
		return field.ErrorList{field.NotSupported(updateStrategyPath.Child("type"), kind, []v1beta1.DaemonSetUpdateStrategyType{
			v1beta1.RollingUpdateDaemonSetStrategyType, v1beta1.OnDeleteDaemonSetStrategyType})}
	}
	rollout := set.rollout()
	if rollout == nil {
		return field.ErrorList{field.Required(rollingUpdatePath, "how pods are updated; defaulting fills it in when the mutating webhook is installed")}
	}
	errs := daemonSetBudget(set, rollout)
	errs = append(errs, rollingUpdateType(set, rollout.Type)...)
	if rollout.Partition != nil {
		partition := newBudget(rollout.Partition, "partition")
		errs = append(errs, partition.errors()...) // 18, 19
	}
	return errs
}

// daemonSetBudget is rules 11 to 16: exactly one of maxUnavailable and maxSurge says how many nodes are updated at a time.
func daemonSetBudget(set *daemonSet, rollout *v1beta1.RollingUpdateDaemonSet) field.ErrorList {
	unavailable, surge := unavailable(rollout), surge(rollout)
	var errs field.ErrorList
	for _, limit := range []budget{unavailable, surge} {
		if limit.number != 0 {
			errs = append(errs, limit.errors()...) // 11, 12
		}
	}
	switch {
	case unavailable.number != 0 && surge.number != 0: // 13
		errs = append(errs, field.Invalid(surge.path, asWritten(surge.value), "may not be set when maxUnavailable is not 0: set one of the two to 0"))
	case unavailable.number == 0 && surge.number == 0: // 14
		errs = append(errs, field.Required(unavailable.path, "cannot be 0 when maxSurge is 0: one of the two must be at least 1"))
	}
	if rollout.Type == v1beta1.InplaceRollingUpdateType && surge.number != 0 { // 15
		errs = append(errs, field.Required(surge.path, "must be 0 with InPlaceIfPossible, which creates no second pod on a node: set maxUnavailable instead"))
	}
	if set.alpha && rollout.Type == v1alpha1.DeprecatedSurgingRollingUpdateType && unavailable.number != 0 { // 16
		errs = append(errs, field.Required(unavailable.path, "must be 0 with Surging: set maxSurge instead"))
	}
	return errs
}

// rollingUpdateType is rule 17. OpenKruise names a path that does not exist.
func rollingUpdateType(set *daemonSet, kind v1beta1.RollingUpdateType) field.ErrorList {
	supported := []v1beta1.RollingUpdateType{v1beta1.StandardRollingUpdateType, v1beta1.InplaceRollingUpdateType}
	switch kind {
	case "", v1beta1.StandardRollingUpdateType, v1beta1.InplaceRollingUpdateType:
		return nil
	case v1alpha1.DeprecatedSurgingRollingUpdateType:
		if set.alpha {
			return nil
		}
		err := field.NotSupported(rollingUpdatePath.Child("rollingUpdateType"), kind, supported)
		err.Detail += "; write Standard with maxSurge 1 and maxUnavailable 0"
		return field.ErrorList{err}
	}
	return field.ErrorList{field.NotSupported(rollingUpdatePath.Child("rollingUpdateType"), kind, supported)}
}

// budget is a limit of a rolling update.
type budget struct {
	path *field.Path
	// value is what the user wrote, nil for nothing.
	value *intstr.IntOrString
	// number is what it counts as, E4 of spec/validate-workload-common.md 3: that of a percentage is its percent, and what is no
	// number counts as 0.
	number int
}

func unavailable(rollout *v1beta1.RollingUpdateDaemonSet) budget {
	return newBudget(rollout.MaxUnavailable, "maxUnavailable")
}

func surge(rollout *v1beta1.RollingUpdateDaemonSet) budget {
	return newBudget(rollout.MaxSurge, "maxSurge")
}

func newBudget(value *intstr.IntOrString, name string) budget {
	b := budget{path: rollingUpdatePath.Child(name), value: value}
	switch {
	case value == nil:
	case value.Type == intstr.Int:
		b.number = int(value.IntVal)
	default:
		digits, isPercent := strings.CutSuffix(value.StrVal, "%")
		number, err := strconv.Atoi(digits)
		switch {
		case isPercent && !isDigits(digits):
		case isPercent && err != nil:
			b.number = math.MaxInt // digits only, so it is too many of them
		case err == nil:
			b.number = number
		}
	}
	return b
}

// errors reports E2 and E3: a number of at least 0, or a percentage of at most 100.
func (b budget) errors() field.ErrorList {
	if errs := b.unreadable(); len(errs) > 0 {
		return errs
	}
	if b.value != nil && b.value.Type == intstr.String && b.number > 100 {
		return field.ErrorList{field.Invalid(b.path, b.value.StrVal, "must be at most \"100%\"")}
	}
	return nil
}

// unreadable reports what is neither a number of at least 0 nor a percentage.
func (b budget) unreadable() field.ErrorList {
	if b.value == nil {
		return nil
	}
	return nonNegativeIntOrPercent(*b.value, b.path)
}
