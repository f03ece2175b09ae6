package validate

// When pods that do not get a node move to another subset (rules 17 to 20).

import (
	"fmt"
	"math"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// rescheduleSecondsInAll bounds how long a pod may wait in all subsets but the last together: OpenKruise's controller
// must have moved it on before its own bookkeeping of created pods expires after five minutes.
const rescheduleSecondsInAll = 295

func (s *workloadSpread) strategy() field.ErrorList {
	strategy, path := s.spec.ScheduleStrategy, specPath.Child("scheduleStrategy")
	var errs field.ErrorList
	switch strategy.Type {
	case "", v1beta1.FixedWorkloadSpreadScheduleStrategyType, v1beta1.AdaptiveWorkloadSpreadScheduleStrategyType:
	default: // 17
		errs = append(errs, field.NotSupported(path.Child("type"), strategy.Type, []v1beta1.WorkloadSpreadScheduleStrategyType{
			v1beta1.FixedWorkloadSpreadScheduleStrategyType, v1beta1.AdaptiveWorkloadSpreadScheduleStrategyType}))
	}
	adaptive := strategy.Adaptive
	if adaptive == nil {
		return errs
	}
	if strategy.Type != v1beta1.AdaptiveWorkloadSpreadScheduleStrategyType { // 18
		errs = append(errs, field.Invalid(path.Child("type"), strategy.Type, "must be Adaptive while adaptive is set: change it, or remove adaptive"))
	}
	number := len(s.spec.Subsets)
	if number > 1 && s.spec.Subsets[number-1].MaxReplicas != nil { // 19
		errs = append(errs, field.Invalid(path.Child("adaptive"), fmt.Sprintf("maxReplicas of subset %q", s.spec.Subsets[number-1].Name),
			"the last subset must have no maxReplicas, so that it can take pods of all others: remove it"))
	}
	limit := int32(math.MaxInt32)
	if number > 1 {
		limit = int32(rescheduleSecondsInAll / (number - 1))
	}
	if seconds := adaptive.RescheduleCriticalSeconds; seconds != nil && (*seconds < 0 || *seconds > limit) { // 20
		errs = append(errs, field.Invalid(path.Child("adaptive", "rescheduleCriticalSeconds"), *seconds, fmt.Sprintf(
			"must be between 0 and %d, which is %d shared by all subsets but the last", limit, rescheduleSecondsInAll)))
	}
	return errs
}
