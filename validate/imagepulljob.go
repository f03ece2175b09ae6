package validate

// The rules of ImagePullJob (spec/validate-imagepulljob.md (c) and (d), whose numbers the comments give).

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// ImagePullJob validates ImagePullJobs of both versions on CREATE and UPDATE; other operations pass. It implements [decision.Reviewer] for
// /validate-apps-kruise-io-imagepulljob.
//
// Departures from OpenKruise: all faults are told, with their fields; an update that leaves the spec alone passes whatever is wrong with it,
// so that a job can be labelled and released from its finalizers, even when the gate has been switched off since; an empty list of
// pull secrets is none.
type ImagePullJob struct {
	// GateOff names the feature gate that the kind needs and that is off. Empty: all are on.
	GateOff string
}

// Review implements [decision.Reviewer].
func (r ImagePullJob) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	job, err := readImagePullJob(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	found := &findings{}
	if request.Operation == admissionv1.Update {
		old, err := readImagePullJob(request.Resource.Version, request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		if equality.Semantic.DeepEqual(job.Spec, old.Spec) {
			return decision.Allow(), nil
		}
		if !slices.Equal(job.Spec.PullSecrets, old.Spec.PullSecrets) { // (d)
			found.add(field.ErrorList{field.Forbidden(specPath.Child("pullSecrets"), "cannot change: create another ImagePullJob with these secrets")})
		}
	}
	if r.GateOff != "" {
		return gateOff("no image would be pulled", r.GateOff), nil
	}
	spec := &job.Spec
	found.add(pullTargets(&spec.ImagePullJobTemplate, specPath))   // 1 to 5
	found.add(imageReference(spec.Image, specPath.Child("image"))) // 6, 7
	found.add(parallelism(spec.Parallelism))                       // 8
	found.add(deadline(&spec.ImagePullJobTemplate))                // 9
	found.add(completion(&spec.CompletionPolicy))                  // 10, 11
	pullHints(&spec.ImagePullJobTemplate, found)
	return found.decision(), nil
}

func readImagePullJob(version string, raw []byte) (*v1beta1.ImagePullJob, error) {
	return readAsBeta[v1beta1.ImagePullJob](version, "ImagePullJob", raw, &v1alpha1.ImagePullJob{})
}
