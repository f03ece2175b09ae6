package validate

// The progress deadline of a CloneSet: rules 25 and 26.

import (
	"fmt"
	"math"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// noDeadline is the value of progressDeadlineSeconds that means "no deadline".
const noDeadline = math.MaxInt32

// cloneSetDeadline is rules 25 and 26, which exist for v1alpha1 only. A v1beta1 that breaks them gets a hint.
func cloneSetDeadline(set *cloneSet) field.ErrorList {
	if !set.flat {
		return nil
	}
	return progressDeadline(set)
}

func progressDeadline(set *cloneSet) field.ErrorList {
	deadline, path := set.spec.ProgressDeadlineSeconds, specPath.Child("progressDeadlineSeconds")
	switch {
	case deadline == nil:
	case *deadline < 0:
		return field.ErrorList{field.Invalid(path, *deadline, "must be 0 or more")}
	case *deadline != noDeadline && *deadline <= set.spec.MinReadySeconds:
		return field.ErrorList{field.Invalid(path, *deadline, fmt.Sprintf(
			"must be greater than minReadySeconds (%d), or no pod is ready before the deadline", set.spec.MinReadySeconds))}
	}
	return nil
}
