package validate

// The rules of EphemeralJob (spec/validate-ephemeraljob.md): its containers are checked, and little else. Nothing is immutable.

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/decision"
)

// EphemeralJob validates EphemeralJobs on CREATE and UPDATE and allows every other operation. It implements [decision.Reviewer] for
// /validate-apps-kruise-io-v1alpha1-ephemeraljob. There is one version, and nothing is defaulted.
//
// Departures from OpenKruise: refusals are 422 instead of 400 and name fields by their whole path; an update that leaves the containers alone
// is not judged by them, so that an object that was stored before a rule existed can still lose its finalizers.
type EphemeralJob struct{}

// Review implements [decision.Reviewer].
func (EphemeralJob) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	job, err := readEphemeralJob(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	found := &findings{}
	if request.Operation == admissionv1.Update {
		// An old object that cannot be read only means that everything is judged.
		if old, err := readEphemeralJob(request.OldObject.Raw); err == nil && equality.Semantic.DeepEqual(job.Spec, old.Spec) {
			return decision.Allow(), nil
		}
	}
	found.add(ephemeralContainers(job.Spec.Template.EphemeralContainers, templatePath.Child("ephemeralContainers")))
	ephemeralJobHints(&job.Spec, found)
	return found.decision(), nil
}

// readEphemeralJob reads an EphemeralJob. Errors are for the user.
func readEphemeralJob(raw []byte) (*v1alpha1.EphemeralJob, error) {
	job := &v1alpha1.EphemeralJob{}
	err := wire.Decode(raw, v1alpha1.GroupVersion.WithKind("EphemeralJob"), job)
	return job, err
}

// ephemeralJobHints warns of what OpenKruise accepts.
func ephemeralJobHints(spec *v1alpha1.EphemeralJobSpec, found *findings) {
	path := specPath.Child("selector")
	switch {
	case spec.Selector == nil:
		found.warn(path.String() + " is not set, so that no pod is selected")
	case selectsEverything(spec.Selector):
		found.warn(path.String() + " is empty, so that every pod of the namespace gets the containers, which no pod can lose again")
	}
	for _, err := range labelSelector(spec.Selector, path) {
		found.warn(fmt.Sprintf("%s is not valid, so that the controller cannot tell which pods are selected", err.Field))
	}
	found.warnOf(nonNegative(spec.Replicas, specPath.Child("replicas")))
	found.warnOf(nonNegative(spec.Parallelism, specPath.Child("parallelism")))
	if len(spec.Template.EphemeralContainers) == 0 {
		found.warn(templatePath.Child("ephemeralContainers").String() + " is empty, so that there is nothing to add")
	}
}
