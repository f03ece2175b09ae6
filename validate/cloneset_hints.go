package validate

// What a CloneSet may say but hardly means. OpenKruise accepts it, so it is a warning.

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
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
	if limit := set.spec.RevisionHistoryLimit; limit != nil && *limit < 0 {
		found.warn(fmt.Sprintf("spec.revisionHistoryLimit is %d: write 0 to keep no old revision", *limit))
	}
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

// moreThanAll warns of percentages above 100.
func moreThanAll(value *intstr.IntOrString, path *field.Path, found *findings) {
	if value == nil || value.Type != intstr.String {
		return
	}
	number, isPercent := strings.CutSuffix(value.StrVal, "%")
	if percent, err := strconv.ParseFloat(number, 64); isPercent && err == nil && percent > 100 {
		found.warn(fmt.Sprintf("%s is %q: more than 100%% means all pods", path, value.StrVal))
	}
}
