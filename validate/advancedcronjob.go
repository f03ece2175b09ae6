package validate

// The rules of AdvancedCronJob: what is checked, and in which order (spec/validate-advancedcronjob.md (c) and (d), whose numbers
// the comments give).

import (
	"context"
	"encoding/json"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// AdvancedCronJob validates AdvancedCronJobs of both versions on CREATE and UPDATE and allows every other operation. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-advancedcronjob. Time zones come from the tz database that the program has (package
// time/tzdata).
//
// Departures from OpenKruise, beside fields that are named by their true paths:
//
//   - a template from which no job can ever be created is refused on CREATE, and warned of afterwards;
//   - pod templates are judged, and compared with what was stored, with their defaults, so that none has to be written out;
//   - an update that leaves the spec alone is not judged by it.
type AdvancedCronJob struct {
	// Templates asks the API server about pod templates. Nil: there is none, and the built-in short list decides.
	Templates TemplateChecker
	// Defaults gives a pod template the defaults that count when it is judged; they are not stored. [defaults.PodTemplate] is meant.
	// Nil: it is judged as it is.
	Defaults func(template json.RawMessage) (json.RawMessage, error)
}

// advancedCronJob is an AdvancedCronJob as the rules see it.
type advancedCronJob struct {
	workload
	spec v1beta1.AdvancedCronJobSpec
	// templates are those that make pods.
	templates []*cronTemplate
}

// Review implements [decision.Reviewer].
func (r AdvancedCronJob) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	job, err := readAdvancedCronJob(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	var old *advancedCronJob
	if request.Operation == admissionv1.Update {
		if old, err = readAdvancedCronJob(request.Resource.Version, request.OldObject.Raw); err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
	}

	found := &findings{}
	if old == nil {
		found.add(apivalidation.ValidateObjectMeta(&job.meta, true, jobName, metadataPath)) // rule (c) 1
	} else {
		found.add(job.objectMetaUpdate(&old.workload)) // (d)
	}
	if old == nil || !job.sameSpec(old) {
		if err := r.spec(ctx, job, old, found); err != nil {
			return decision.Decision{}, err
		}
	}
	return found.decision(), nil
}

// spec checks everything below spec.
func (r AdvancedCronJob) spec(ctx context.Context, job, old *advancedCronJob, found *findings) error {
	spec := &job.spec
	scheduleRules(spec, found) // 2 to 4
	for _, of := range []*advancedCronJob{job, old} {
		if err := of.withTemplateDefaults(r.Defaults); err != nil {
			return err
		}
	}
	if old != nil {
		found.add(sameCronTemplates(job, old)) // (d)
	}
	for _, template := range job.templates { // 5, 6
		before := old.template(template.member)
		changed := before == nil || !sameTemplates(template.pods, before.pods)
		if err := (templateReview{cluster: r.Templates}).check(ctx, template.pods, changed, found); err != nil {
			return err
		}
		if old == nil {
			found.add(template.neverStarts())
		} else {
			found.warnOf(template.neverStarts())
		}
	}
	if images := spec.Template.ImageListPullJobTemplate; images != nil {
		found.add(cronImages(&images.Spec, spec.ConcurrencyPolicy)) // 7, 8
	}
	found.add(oneCronTemplate(&spec.Template)) // 9
	for _, limit := range []struct {           // 10
		name  string
		value *int32
	}{
		{"successfulJobsHistoryLimit", spec.SuccessfulJobsHistoryLimit}, {"failedJobsHistoryLimit", spec.FailedJobsHistoryLimit},
	} {
		found.add(nonNegative(limit.value, specPath.Child(limit.name)))
	}
	if seconds := spec.StartingDeadlineSeconds; seconds != nil && *seconds < 0 {
		found.add(field.ErrorList{field.Invalid(specPath.Child("startingDeadlineSeconds"), *seconds, "must be 0 or more")})
	}
	found.add(timeZone(spec.TimeZone)) // 11
	return nil
}

// readAdvancedCronJob reads an AdvancedCronJob of the version that the request names. Errors are for the user.
func readAdvancedCronJob(version string, raw []byte) (*advancedCronJob, error) {
	sent, err := readAsBeta[v1beta1.AdvancedCronJob](version, "AdvancedCronJob", raw, &v1alpha1.AdvancedCronJob{})
	if err != nil {
		return nil, err
	}
	templates, err := cronTemplates(&sent.Spec.Template, raw)
	return &advancedCronJob{workload: workload{kind: "AdvancedCronJob", meta: sent.ObjectMeta}, spec: sent.Spec, templates: templates}, err
}

// sameSpec reports whether an update leaves the spec alone, spelling apart.
func (j *advancedCronJob) sameSpec(old *advancedCronJob) bool {
	if !equality.Semantic.DeepEqual(j.spec, old.spec) {
		return false
	}
	for i, template := range j.templates { // as many as there were, because the specs are equal
		if !samePodSpec(template.pods, old.templates[i].pods) {
			return false
		}
	}
	return true
}
