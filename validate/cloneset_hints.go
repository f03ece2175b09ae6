package validate

// What a CloneSet may say but hardly means. OpenKruise accepts it, so it is a warning.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"
)

func cloneSetHints(set *cloneSet, found *findings) {
	moreThanAll(set.spec.ScaleStrategy.MaxUnavailable, specPath.Child("scaleStrategy", "maxUnavailable"), found)
	if rollout := set.rollout(); rollout != nil {
		moreThanAll(rollout.Partition, set.updatePath.Child("partition"), found)
		moreThanAll(rollout.MaxUnavailable, set.updatePath.Child("maxUnavailable"), found)
		moreThanAll(rollout.MaxSurge, set.updatePath.Child("maxSurge"), found)
		idleRollout(set, found)
	}
	if set.spec.MinReadySeconds < 0 {
		found.warn(fmt.Sprintf("spec.minReadySeconds is %d: it counts as 0", set.spec.MinReadySeconds))
	}
	historyHint(set.spec.RevisionHistoryLimit, found)
	if !set.flat {
		for _, err := range progressDeadline(set) {
			found.warn(err.Error())
		}
	}
}

// idleRollout warns of a rollout that will not touch any pod.
func idleRollout(set *cloneSet, found *findings) {
	rollout, replicas := set.rollout(), set.replicas()
	if p := rollout.Partition; p != nil && p.Type == intstr.Int && int(p.IntVal) > replicas && replicas > 0 {
		found.warn(fmt.Sprintf("%s is %d and spec.replicas %d: no pod will be updated", set.updatePath.Child("partition"), p.IntVal, replicas))
	}
	if replicas == 0 && isZeroBudget(rollout.MaxUnavailable) && isZeroBudget(rollout.MaxSurge) {
		found.warn(fmt.Sprintf("%s and maxSurge are both 0: the CloneSet cannot be scaled up before one of them is at least 1",
			set.updatePath.Child("maxUnavailable")))
	}
}

func isZeroBudget(value *intstr.IntOrString) bool {
	if value == nil {
		return false
	}
	number, err := scaledPercent(*value, 1)
	return err == nil && number <= 0
}
