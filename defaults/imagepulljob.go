package defaults

// Defaults of ImagePullJobs and ImageListPullJobs (spec/validate-imagepulljob.md (b)). OpenKruise leaves a given pullPolicy of
// v1beta1 incomplete when nothing else is missing; here both versions get the same.

import (
	"context"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// How long a pull may take, in seconds, and how often it is tried again.
const (
	pullTimeoutSeconds = 600
	pullBackoffLimit   = 3
)

// imagePullJobFinalizer keeps an ImagePullJob until the controller has taken its image off the NodeImages.
const imagePullJobFinalizer = "apps.kruise.io/deletion-protection"

// ImagePullJob defaults ImagePullJobs of both versions. It implements [decision.Reviewer] for /mutate-apps-kruise-io-imagepulljob. What a
// job was before plays no part.
type ImagePullJob struct{}

// Review implements [decision.Reviewer].
func (ImagePullJob) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	version := request.Resource.Version
	if err := decode("ImagePullJob", version, request.Object.Raw, &v1alpha1.ImagePullJob{}, &v1beta1.ImagePullJob{}); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	spec := doc.object.object("spec")
	imagePull(spec)
	spec.fill("imagePullPolicy", string(corev1.PullIfNotPresent))
	if version == v1alpha1.GroupVersion.Version && request.Operation == admissionv1.Create {
		addFinalizer(doc.object.object("metadata"), imagePullJobFinalizer) // not in v1beta1, as OpenKruise does
	}
	return doc.decision("ImagePullJob", request.Name)
}

// ImageListPullJob defaults ImageListPullJobs of both versions. It implements [decision.Reviewer] for
// /mutate-apps-kruise-io-imagelistpulljob. Its ImagePullJobs get the other defaults when they are created.
type ImageListPullJob struct{}

// Review implements [decision.Reviewer].
func (ImageListPullJob) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if err := decode("ImageListPullJob", request.Resource.Version, request.Object.Raw, &v1alpha1.ImageListPullJob{}, &v1beta1.ImageListPullJob{}); err != nil {
		return decision.Malformed(err.Error()), nil
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	imagePull(doc.object.object("spec"))
	return doc.decision("ImageListPullJob", request.Name)
}

// imagePull fills in what both kinds of jobs have.
func imagePull(spec *object) {
	spec.object("completionPolicy").fill("type", string(v1beta1.Always))
	pullPolicy(spec)
}

// pullPolicy fills in the pullPolicy of its holder.
func pullPolicy(holder *object) {
	policy := holder.object("pullPolicy")
	policy.fillAbsent("timeoutSeconds", pullTimeoutSeconds)
	policy.fillAbsent("backoffLimit", pullBackoffLimit)
}

// addFinalizer appends a finalizer that is not there yet.
func addFinalizer(metadata *object, finalizer string) {
	list, _ := metadata.members["finalizers"].([]any)
	if !slices.Contains(list, any(finalizer)) {
		metadata.write("finalizers", append(slices.Clone(list), finalizer))
	}
}
