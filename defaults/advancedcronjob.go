package defaults

// Defaults of AdvancedCronJobs (spec/validate-advancedcronjob.md (b)). The status is left to the API server, which ignores what a
// user writes there; OpenKruise clears it first. What the cluster itself would add to a pod template is left to the jobs: the
// template of an AdvancedCronJob never changes, so it must come out the same when it is sent again after an upgrade of the
// cluster.

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// AdvancedCronJob defaults AdvancedCronJobs of both versions. It implements [decision.Reviewer] for
// /mutate-apps-kruise-io-advancedcronjob. The jobs get the defaults of their own kind when they are created.
type AdvancedCronJob struct {
	// NoTemplateDefaults is the gate TemplateNoDefaults: pod templates are stored as they are sent.
	NoTemplateDefaults bool
	// HostPorts is the gate DefaultHostNetworkHostPortsInPodTemplates.
	HostPorts bool
}

// Review implements [decision.Reviewer].
func (r AdvancedCronJob) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	return templated{
		kind: "AdvancedCronJob", template: cronJobTemplate, fill: advancedCronJobSpec, within: podsOfCronJob,
		leave: r.NoTemplateDefaults, hostPorts: r.HostPorts,
	}.review(ctx, request)
}

func advancedCronJobSpec(spec *object, version string) {
	concurrency := v1beta1.AllowConcurrent
	if template := spec.object("template"); version == v1beta1.GroupVersion.Version && template.has("imageListPullJobTemplate") {
		imageListPull(template.object("imageListPullJobTemplate").object("spec"))
		concurrency = v1beta1.ReplaceConcurrent
	}
	spec.fill("concurrencyPolicy", string(concurrency))
	spec.fillAbsent("paused", false)
	spec.fillAbsent("successfulJobsHistoryLimit", 3)
	spec.fillAbsent("failedJobsHistoryLimit", 1)
}

// imageListPull fills in a template for pulling images, but only one without a completion type, as OpenKruise does: the pull timeout
// would make deadlines below it invalid that have been accepted so far.
func imageListPull(spec *object) {
	completion := spec.object("completionPolicy")
	if !completion.isZero("type") {
		return
	}
	completion.fill("type", string(v1beta1.Always))
	pullPolicy(spec)
	spec.fill("imagePullPolicy", string(corev1.PullIfNotPresent))
}

// podsOfCronJob lists the specs of the templates that make pods.
func podsOfCronJob(spec *object) []*object {
	var specs []*object
	template := spec.object("template")
	for _, member := range []string{"jobTemplate", "broadcastJobTemplate"} {
		if template.has(member) {
			specs = append(specs, template.object(member).object("spec"))
		}
	}
	return specs
}

// cronJobTemplate reads the template of an AdvancedCronJob and refuses what is not an AdvancedCronJob of the version that the request
// names.
func cronJobTemplate(version string, raw []byte) (any, error) {
	var alpha v1alpha1.AdvancedCronJob
	var beta v1beta1.AdvancedCronJob
	err := decode("AdvancedCronJob", version, raw, &alpha, &beta)
	if version == v1alpha1.GroupVersion.Version {
		return &alpha.Spec.Template, err
	}
	return &beta.Spec.Template, err
}
