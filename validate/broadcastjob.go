package validate

// The rules of BroadcastJob: what is checked, and in which order (spec/validate-broadcastjob.md (c), whose numbers the comments
// give). Updates are checked like creations, and nothing is immutable.

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// BroadcastJob validates BroadcastJobs of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-broadcastjob.
//
// Departures from OpenKruise: refusals are 422 instead of 500; an update that leaves the spec alone is not judged by it, one that leaves the
// template alone not by the template, and none by the name, which cannot change; so an object that was stored before a rule existed can
// still lose its finalizers.
type BroadcastJob struct {
	// Templates asks the API server about pod templates. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Defaults gives a pod template the defaults that count when it is judged; they are not stored. [defaults.PodTemplate] is meant.
	// Nil: it is judged as it is.
	Defaults func(template json.RawMessage) (json.RawMessage, error)
}

// broadcastJob is a BroadcastJob as the rules see it.
type broadcastJob struct {
	workload
	spec v1beta1.BroadcastJobSpec
}

// Review implements [decision.Reviewer].
func (r BroadcastJob) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	job, err := readBroadcastJob(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	name := jobName
	var old *broadcastJob
	if request.Operation == admissionv1.Update {
		name = anyName
		// One that cannot be read, which OpenKruise does not try, only means that everything is judged.
		old, _ = readBroadcastJob(request.Resource.Version, request.OldObject.Raw)
	}

	found := &findings{}
	found.add(apivalidation.ValidateObjectMeta(&job.meta, true, name, metadataPath)) // rule 1
	if old == nil || !equality.Semantic.DeepEqual(job.spec, old.spec) || !samePodSpec(&job.workload, &old.workload) {
		if err := r.spec(ctx, job, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r BroadcastJob) spec(ctx context.Context, job, old *broadcastJob, found *findings) error {
	found.add(neverOver(&job.spec.CompletionPolicy, specPath)) // 2, 3
	judged, err := job.withDefaults(r.Defaults)                // 4
	if err != nil {
		return err
	}
	found.add(endingPods(&judged.pods, judged.templatePath()))  // 5
	found.add(reservedJobLabels(&job.pods, job.templatePath())) // 6
	changed := old == nil || !sameTemplates(&job.workload, &old.workload)
	if err := (templateReview{cluster: r.Templates}).check(ctx, judged, changed, found); err != nil { // 7
		return err
	}
	broadcastJobHints(&job.spec, found)
	return nil
}

// readBroadcastJob reads a BroadcastJob of the version that the request names. Errors are for the user.
func readBroadcastJob(version string, raw []byte) (*broadcastJob, error) {
	sent, err := readAsBeta[v1beta1.BroadcastJob](version, "BroadcastJob", raw, &v1alpha1.BroadcastJob{})
	if err != nil {
		return nil, err
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	return &broadcastJob{
		workload: workload{kind: "BroadcastJob", meta: sent.ObjectMeta, pods: sent.Spec.Template, template: template},
		spec:     sent.Spec,
	}, nil
}
