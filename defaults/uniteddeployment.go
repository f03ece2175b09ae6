package defaults

// Defaults of UnitedDeployments (spec/validate-uniteddeployment.md (b)). Both versions have the same fields. Of the four
// templates only that of a Kubernetes StatefulSet is stored with defaults: the webhooks of the others give them theirs when the
// workloads of the subsets are created. The status is left to the API server, which ignores what a user writes there; OpenKruise
// clears it first.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// UnitedDeployment defaults UnitedDeployments of both versions. It implements [decision.Reviewer] for
// /mutate-apps-kruise-io-uniteddeployment.
//
// The cluster is not asked for defaults of its own, because the API server itself gives them to the StatefulSets of the subsets.
type UnitedDeployment struct {
	// NoTemplateDefaults is the gate TemplateNoDefaults: the template is stored as it is sent.
	NoTemplateDefaults bool
	// HostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates.
	HostPorts bool
}

// Review implements [decision.Reviewer].
func (r UnitedDeployment) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	return templated{
		kind: "UnitedDeployment", template: subsetTemplate, fill: unitedDeploymentSpec, within: statefulSetOfSubsets,
		leave: r.NoTemplateDefaults, hostPorts: r.HostPorts,
	}.review(ctx, request)
}

func unitedDeploymentSpec(spec *object, _ string) {
	spec.fillAbsent("replicas", 1)
	spec.fillAbsent("revisionHistoryLimit", 10)
	strategy := spec.object("updateStrategy")
	strategy.fill("type", string(v1beta1.ManualUpdateStrategyType))
	if strategy.text("type") == string(v1beta1.ManualUpdateStrategyType) {
		strategy.fillAbsent("manualUpdate", map[string]any{})
	}
	minReplicas(spec.object("topology").objects("subsets"))
}

// minReplicas fills in how many pods each subset has at least, where subsets have such limits at all.
func minReplicas(subsets []*object) {
	limited := false
	for _, subset := range subsets {
		if subset.has("replicas") {
			return
		}
		limited = limited || subset.has("minReplicas") || subset.has("maxReplicas")
	}
	if !limited {
		return
	}
	for _, subset := range subsets {
		subset.fillAbsent("minReplicas", 0)
	}
}

func statefulSetOfSubsets(spec *object) []*object {
	template := spec.object("template")
	if !template.has("statefulSetTemplate") {
		return nil
	}
	return []*object{template.object("statefulSetTemplate").object("spec")}
}

// subsetTemplate reads the template of a UnitedDeployment and refuses what is not a UnitedDeployment of the version that the request
// names.
func subsetTemplate(version string, raw []byte) (any, error) {
	var alpha v1alpha1.UnitedDeployment
	var beta v1beta1.UnitedDeployment
	err := decode("UnitedDeployment", version, raw, &alpha, &beta)
	if version == v1alpha1.GroupVersion.Version {
		return &alpha.Spec.Template, err
	}
	return &beta.Spec.Template, err
}
