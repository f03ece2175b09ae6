package defaults

// Defaults of BroadcastJobs (spec/validate-broadcastjob.md (b)). Both versions have the same fields. The status is left to the
// API server, which ignores what a user writes there; OpenKruise clears it first.

import (
	"context"
	"math"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// BroadcastJob defaults BroadcastJobs of both versions. It implements [decision.Reviewer] for /mutate-apps-kruise-io-broadcastjob.
type BroadcastJob struct {
	// Templates gives a template the defaults of the cluster's own version, after OpenKruise's. Nil: only OpenKruise's.
	Templates TemplateDefaulter
	// NoTemplateDefaults is the gate TemplateNoDefaults: templates are stored as they are sent.
	NoTemplateDefaults bool
	// HostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates.
	HostPorts bool
}

// Review implements [decision.Reviewer].
func (r BroadcastJob) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	return templated{
		kind: "BroadcastJob", template: broadcastJobTemplate, fill: broadcastJobSpec,
		leave: r.NoTemplateDefaults, cluster: r.Templates, hostPorts: r.HostPorts,
	}.review(ctx, request)
}

func broadcastJobSpec(spec *object, _ string) {
	spec.object("completionPolicy").fill("type", string(v1beta1.Always))
	spec.fillAbsent("parallelism", math.MaxInt32)
	spec.object("failurePolicy").fill("type", string(v1beta1.FailFastFailurePolicyType))
}

// broadcastJobTemplate reads the pod template of a BroadcastJob and refuses what is not a BroadcastJob of the version that the request
// names.
func broadcastJobTemplate(version string, raw []byte) (any, error) {
	var alpha v1alpha1.BroadcastJob
	var beta v1beta1.BroadcastJob
	err := decode("BroadcastJob", version, raw, &alpha, &beta)
	if version == v1alpha1.GroupVersion.Version {
		return &alpha.Spec.Template, err
	}
	return &beta.Spec.Template, err
}
