package defaults

// Defaults of Advanced DaemonSets (spec/validate-daemonset.md (b)). The pod template is stored as it was sent, as OpenKruise
// does: filling it in would be a new revision of every DaemonSet that exists.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// DaemonSet defaults Advanced DaemonSets of both versions. It implements [decision.Reviewer] for
// /mutate-apps-kruise-io-daemonset. What a DaemonSet was before plays no part.
type DaemonSet struct{}

// Review implements [decision.Reviewer].
func (r DaemonSet) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	version := request.Resource.Version
	if err := decode("DaemonSet", version, request.Object.Raw, &v1alpha1.DaemonSet{}, &v1beta1.DaemonSet{}); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}

	spec := doc.object.object("spec")
	spec.fillAbsent("burstReplicas", 250)
	spec.fillAbsent("revisionHistoryLimit", 10)
	strategy := spec.object("updateStrategy")
	strategy.fill("type", string(v1beta1.RollingUpdateDaemonSetStrategyType))
	surging := false
	if strategy.text("type") == string(v1beta1.RollingUpdateDaemonSetStrategyType) {
		rolling := strategy.object("rollingUpdate")
		if version == v1alpha1.GroupVersion.Version {
			surging = replaceSurging(rolling)
		}
		daemonSetRollout(rolling)
	}

	patch, err := doc.patch()
	if err != nil {
		return decision.Decision{}, decision.CannotTell("default DaemonSet %q: %w", request.Name, err)
	}
	answer := decision.AllowWithPatch(patch)
	if surging { // validation does not see it any more
		answer.Warn("spec.updateStrategy.rollingUpdate.rollingUpdateType Surging is deprecated and was stored as Standard: write Standard with maxSurge 1 and maxUnavailable 0")
	}
	return answer, nil
}

// replaceSurging writes what v1alpha1 calls Surging in the words of today, and reports whether there was any.
func replaceSurging(rolling *object) bool {
	if rolling.text("rollingUpdateType") != string(v1alpha1.DeprecatedSurgingRollingUpdateType) {
		return false
	}
	rolling.fillAbsent("maxSurge", 1)
	rolling.fillAbsent("maxUnavailable", 0)
	rolling.set("rollingUpdateType", string(v1beta1.StandardRollingUpdateType))
	return true
}

// daemonSetRollout fills in the fields of a rolling update. Of a budget that is given by half, the other half stays out.
func daemonSetRollout(rolling *object) {
	rolling.fill("rollingUpdateType", string(v1beta1.StandardRollingUpdateType))
	if !rolling.has("maxUnavailable") && !rolling.has("maxSurge") {
		rolling.fillAbsent("maxUnavailable", 1)
		rolling.fillAbsent("maxSurge", 0)
	}
}
