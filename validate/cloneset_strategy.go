package validate

// The update strategy of a CloneSet: rules 13 to 24. They are the same in both versions, except for the type and for the
// pre-download of images, which v1alpha1 keeps in annotations that nobody checks.

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

func cloneSetStrategy(set *cloneSet) field.ErrorList {
	errs := updateTypes(set)
	rollout := set.rollout()
	if rollout == nil {
		return errs
	}
	path := set.updatePath
	errs = append(errs, partition(rollout.Partition, set.replicas(), path.Child("partition"))...)
	errs = append(errs, priorityStrategy(rollout.PriorityStrategy, path.Child("priorityStrategy"))...)
	errs = append(errs, scatterStrategy(rollout.ScatterStrategy, path.Child("scatterStrategy"))...)
	errs = append(errs, updateBudget(set)...)
	if !set.flat {
		errs = append(errs, preDownload(rollout.InPlaceUpdateStrategy, path.Child("inPlaceUpdateStrategy"))...)
	}
	return errs
}

// updateTypes is rules 13 and 14.
func updateTypes(set *cloneSet) field.ErrorList {
	path := updateStrategyPath.Child("type")
	if set.flat {
		switch v1alpha1.CloneSetUpdateStrategyType(set.updateType) {
		case v1alpha1.RecreateCloneSetUpdateStrategyType, v1alpha1.InPlaceIfPossibleCloneSetUpdateStrategyType,
			v1alpha1.InPlaceOnlyCloneSetUpdateStrategyType:
			return nil
		case v1alpha1.OnDeleteCloneSetUpdateStrategyType:
			return field.ErrorList{field.Invalid(path, set.updateType, "needs apiVersion apps.kruise.io/v1beta1; "+
				"in v1alpha1 it must be ReCreate, InPlaceIfPossible or InPlaceOnly")}
		}
		return field.ErrorList{field.Invalid(path, set.updateType, "must be ReCreate, InPlaceIfPossible or InPlaceOnly")}
	}
	var errs field.ErrorList
	switch v1beta1.CloneSetUpdateStrategyType(set.updateType) {
	case "", v1beta1.RollingUpdateCloneSetUpdateStrategyType, v1beta1.OnDeleteCloneSetUpdateStrategyType:
	default:
		errs = append(errs, field.Invalid(path, set.updateType, "must be RollingUpdate or OnDelete; "+
			"how pods get the new template is rollingUpdate.podUpdatePolicy"))
	}
	if rollout := set.rollout(); rollout != nil {
		switch rollout.PodUpdatePolicy {
		case "", v1beta1.RecreatePodUpdateStrategyType, v1beta1.InPlaceIfPossiblePodUpdateStrategyType,
			v1beta1.InPlaceOnlyPodUpdateStrategyType:
		default:
			errs = append(errs, field.Invalid(set.policyPath, string(rollout.PodUpdatePolicy), "must be ReCreate, InPlaceIfPossible or InPlaceOnly"))
		}
	}
	return errs
}

// partition is rules 15 and 16. There is no upper bound: more than replicas means that no pod is updated.
func partition(value *intstr.IntOrString, replicas int, path *field.Path) field.ErrorList {
	if value == nil {
		return field.ErrorList{field.Required(path, "how many pods keep the old revision; defaulting fills in 0 when the mutating webhook is "+
			"installed and the type is not OnDelete")}
	}
	kept, err := scaledPercent(*value, replicas)
	if err != nil {
		return field.ErrorList{field.Invalid(path, asWritten(value), err.Error())}
	}
	if kept < 0 {
		return field.ErrorList{field.Invalid(path, asWritten(value), "must be 0 or more")}
	}
	return nil
}

// updateBudget is rules 19 to 22: how many pods may be missing or on top while an update goes on. Both percentages are
// rounded up here. An absent value counts as 0. One that cannot be read is an error already, and rule 22 keeps quiet.
func updateBudget(set *cloneSet) field.ErrorList {
	rollout, path := set.rollout(), set.updatePath
	var errs field.ErrorList
	read := func(value *intstr.IntOrString, at *field.Path) int {
		if value == nil {
			return 0
		}
		number, err := scaledPercent(*value, set.replicas())
		if err != nil {
			errs = append(errs, field.Invalid(at, asWritten(value), err.Error()))
			return 0
		}
		return number
	}
	unavailable := read(rollout.MaxUnavailable, path.Child("maxUnavailable"))
	surge := read(rollout.MaxSurge, path.Child("maxSurge"))
	unreadable := len(errs) > 0
	if set.inPlaceOnly() && surge > 0 {
		errs = append(errs, field.Invalid(path.Child("maxSurge"), asWritten(rollout.MaxSurge),
			"must be 0 with InPlaceOnly, which never creates a pod: set it to 0 and maxUnavailable to 1 or more"))
	}
	// The recorded OpenKruise 1.9 looks at maxUnavailable alone in v1beta1, and so refuses the usual maxUnavailable 0 with
	// maxSurge 1, which works and which it accepts in v1alpha1.
	if set.replicas() > 0 && unavailable < 1 && surge < 1 && !unreadable {
		errs = append(errs, field.Invalid(path.Child("maxUnavailable"), asWritten(rollout.MaxUnavailable),
			"with maxSurge "+textOf(rollout.MaxSurge)+" leaves no pod to update: one of the two must be at least 1"))
	}
	return errs
}

// preDownload is rules 23 and 24.
func preDownload(strategy *v1beta1.InPlaceUpdateStrategy, path *field.Path) field.ErrorList {
	if strategy == nil {
		return nil
	}
	var errs field.ErrorList
	if value := strategy.ImagePreDownloadParallelism; value != nil {
		at := path.Child("imagePreDownloadParallelism")
		number := int64(value.IntVal)
		var err error
		if value.Type == intstr.String {
			number, err = strconv.ParseInt(value.StrVal, 10, 32)
		}
		switch {
		case strings.HasSuffix(value.StrVal, "%"):
			errs = append(errs, field.Invalid(at, value.StrVal, "must be a number of nodes, not a percentage"))
		case err != nil || number < 0:
			errs = append(errs, field.Invalid(at, asWritten(value), "must be a number of nodes, 0 or more"))
		}
	}
	for _, number := range []struct {
		name  string
		value *int32
	}{
		{"imagePreDownloadTimeoutSeconds", strategy.ImagePreDownloadTimeoutSeconds},
		{"imagePreDownloadMinUpdatedReadyPods", strategy.ImagePreDownloadMinUpdatedReadyPods},
	} {
		errs = append(errs, nonNegative(number.value, path.Child(number.name))...)
	}
	return errs
}
