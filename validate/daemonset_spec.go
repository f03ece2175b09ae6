package validate

// The plain fields of a DaemonSet's spec: rules 8, 20 and 21, and what it may say but hardly means.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func daemonSetSpec(set *daemonSet) field.ErrorList {
	errs := nonNegative(&set.spec.MinReadySeconds, specPath.Child("minReadySeconds"))
	errs = append(errs, nonNegative(set.spec.RevisionHistoryLimit, specPath.Child("revisionHistoryLimit"))...)
	if lifecycle := set.spec.Lifecycle; lifecycle != nil && lifecycle.InPlaceUpdate != nil {
		errs = append(errs, field.Forbidden(specPath.Child("lifecycle", "inPlaceUpdate"), "a DaemonSet has no such hook: remove it, use preDelete"))
	}
	return errs
}

// daemonSetHints warns of what OpenKruise accepts.
func daemonSetHints(set *daemonSet, found *findings) {
	burstHint(set.spec.BurstReplicas, specPath.Child("burstReplicas"), found)
	rollout := set.rollout()
	if rollout == nil {
		return
	}
	for _, limit := range []budget{unavailable(rollout), surge(rollout)} {
		if limit.number == 0 { // otherwise it is an error
			for _, err := range limit.unreadable() {
				found.warn(err.Error() + "; it counts as 0")
			}
		}
	}
	for _, err := range labelSelector(rollout.Selector, rollingUpdatePath.Child("selector")) {
		found.warn(fmt.Sprintf("%s is not valid, so the controller cannot tell which nodes to update", err.Field))
	}
}

// burstHint warns of a burst that is no number of nodes.
func burstHint(burst *intstr.IntOrString, path *field.Path, found *findings) {
	if burst == nil {
		return
	}
	for _, err := range nonNegativeIntOrPercent(*burst, path) {
		found.warn(err.Error())
	}
	moreThanAll(burst, path, found)
}
