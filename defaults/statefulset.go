package defaults

// Defaults of Advanced StatefulSets (spec/validate-statefulset.md (b)). v1alpha1 lacks the retention policy of claims and the way
// in which claims are updated, so nothing is written for them there.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// StatefulSet defaults Advanced StatefulSets of both versions. It implements [decision.Reviewer] for
// /mutate-apps-kruise-io-statefulset.
//
// The status, which OpenKruise clears in its patch, is left alone: it is a subresource, and the API server ignores it here.
type StatefulSet struct {
	// Templates gives a template the defaults of the cluster's own version, after OpenKruise's. Nil: only OpenKruise's.
	Templates TemplateDefaulter
	// NoTemplateDefaults is the gate TemplateNoDefaults: templates and claim templates are stored as they are sent.
	NoTemplateDefaults bool
	// HostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates.
	HostPorts bool
	// AutoDeletePVC is the gate StatefulSetAutoDeletePVC, which OpenKruise has on: the retention policy of claims is filled in.
	AutoDeletePVC bool
	// AutoResizePVC is the gate StatefulSetAutoResizePVCGate: the way in which claims are updated is filled in.
	AutoResizePVC bool
}

// Review implements [decision.Reviewer].
func (r StatefulSet) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	return templated{
		kind: "StatefulSet", template: statefulSetTemplate, fill: r.spec,
		leave: r.NoTemplateDefaults, cluster: r.Templates, hostPorts: r.HostPorts,
	}.review(ctx, request)
}

func (r StatefulSet) spec(spec *object, version string) {
	spec.fillAbsent("replicas", 1)
	spec.fillAbsent("revisionHistoryLimit", 10)
	spec.fill("podManagementPolicy", string(appsv1.OrderedReadyPodManagement))
	statefulSetStrategy(spec.object("updateStrategy"))
	if version == v1beta1.GroupVersion.Version {
		r.claimPolicies(spec)
	}
}

// statefulSetTemplate reads the pod template of a StatefulSet and refuses what is not a StatefulSet of the version that the
// request names.
func statefulSetTemplate(version string, raw []byte) (any, error) {
	var alpha v1alpha1.StatefulSet
	var beta v1beta1.StatefulSet
	err := decode("StatefulSet", version, raw, &alpha, &beta)
	if version == v1alpha1.GroupVersion.Version {
		return &alpha.Spec.Template, err
	}
	return &beta.Spec.Template, err
}

// statefulSetStrategy fills in the update strategy. OnDelete has no rollout.
func statefulSetStrategy(strategy *object) {
	strategy.fill("type", string(appsv1.RollingUpdateStatefulSetStrategyType))
	if strategy.text("type") != string(appsv1.RollingUpdateStatefulSetStrategyType) {
		return
	}
	rolling := strategy.object("rollingUpdate")
	rolling.fillAbsent("partition", 0)
	rolling.fillAbsent("maxUnavailable", 1)
	rolling.fill("podUpdatePolicy", string(v1beta1.RecreatePodUpdateStrategyType))
	rolling.fillAbsent("minReadySeconds", 0)
}

// claimPolicies fills in what becomes of claims that are no longer needed, and how they get a new claim template.
func (r StatefulSet) claimPolicies(spec *object) {
	if r.AutoDeletePVC {
		retention := spec.object("persistentVolumeClaimRetentionPolicy")
		retention.fill("whenDeleted", string(v1beta1.RetainPersistentVolumeClaimRetentionPolicyType))
		retention.fill("whenScaled", string(v1beta1.RetainPersistentVolumeClaimRetentionPolicyType))
	}
	if r.AutoResizePVC {
		spec.object("volumeClaimUpdateStrategy").fill("type", string(v1beta1.OnPVCDeleteVolumeClaimUpdateStrategyType))
	}
}
