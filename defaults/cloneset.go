package defaults

// Defaults of CloneSets (spec/validate-cloneset.md (b)). The two versions keep their update strategy in different places;
// everything else is the same.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// CloneSet defaults CloneSets of both versions. It implements [decision.Reviewer] for /mutate-apps-kruise-io-cloneset.
type CloneSet struct {
	// Templates gives a template the defaults of the cluster's own version, after OpenKruise's. Nil: only OpenKruise's.
	Templates TemplateDefaulter
	// NoTemplateDefaults is the gate TemplateNoDefaults: templates and claim templates are stored as they are sent.
	NoTemplateDefaults bool
	// HostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates.
	HostPorts bool
}

// Review implements [decision.Reviewer].
func (r CloneSet) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	return templated{
		kind: "CloneSet", template: cloneSetTemplate, fill: cloneSetSpec,
		leave: r.NoTemplateDefaults, cluster: r.Templates, hostPorts: r.HostPorts,
	}.review(ctx, request)
}

func cloneSetSpec(spec *object, version string) {
	spec.fillAbsent("replicas", 1)
	spec.fillAbsent("revisionHistoryLimit", 10)
	if version == v1alpha1.GroupVersion.Version {
		flatUpdateStrategy(spec.object("updateStrategy"))
	} else {
		updateStrategy(spec.object("updateStrategy"))
	}
}

// cloneSetTemplate reads the pod template of a CloneSet and refuses what is not a CloneSet of the version that the request
// names.
func cloneSetTemplate(version string, raw []byte) (any, error) {
	var alpha v1alpha1.CloneSet
	var beta v1beta1.CloneSet
	err := decode("CloneSet", version, raw, &alpha, &beta)
	if version == v1alpha1.GroupVersion.Version {
		return &alpha.Spec.Template, err
	}
	return &beta.Spec.Template, err
}

// flatUpdateStrategy fills in the update strategy of v1alpha1.
func flatUpdateStrategy(strategy *object) {
	strategy.fill("type", string(v1alpha1.RecreateCloneSetUpdateStrategyType))
	rollout(strategy, strategy.text("type"))
}

// updateStrategy fills in the update strategy of v1beta1. OnDelete has no rollout.
func updateStrategy(strategy *object) {
	strategy.fill("type", string(v1beta1.RollingUpdateCloneSetUpdateStrategyType))
	if strategy.text("type") != string(v1beta1.RollingUpdateCloneSetUpdateStrategyType) {
		return
	}
	rolling := strategy.object("rollingUpdate")
	rolling.fill("podUpdatePolicy", string(v1beta1.RecreatePodUpdateStrategyType))
	rollout(rolling, rolling.text("podUpdatePolicy"))
}

// rollout fills in the fields that both versions have; policy says how pods get the new template.
func rollout(fields *object, policy string) {
	fields.fillAbsent("partition", 0)
	fields.fillAbsent("maxUnavailable", "20%")
	fields.fillAbsent("maxSurge", 0)
	switch v1beta1.PodUpdateStrategyType(policy) {
	case v1beta1.InPlaceIfPossiblePodUpdateStrategyType, v1beta1.InPlaceOnlyPodUpdateStrategyType:
		fields.fillAbsent("inPlaceUpdateStrategy", map[string]any{})
	}
}
