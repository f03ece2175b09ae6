package validate

// The rules of ImageListPullJob (spec/validate-imagepulljob.md (c) and (d)).

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// maxListedImages is how many images an ImageListPullJob may name.
const maxListedImages = 255

// ImageListPullJob validates ImageListPullJobs of both versions on CREATE and UPDATE; other operations pass. It implements
// [decision.Reviewer] for /validate-apps-kruise-io-imagelistpulljob.
//
// Departures from OpenKruise are those of [ImagePullJob]. A deadline that its ImagePullJobs will be refused for is a warning.
type ImageListPullJob struct {
	// GateOff names the feature gate that the kind needs and that is off. Empty: all are on.
	GateOff string
}

// Review implements [decision.Reviewer]. An old object that cannot be read counts as none: nothing is compared with it.
func (r ImageListPullJob) Review(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation != admissionv1.Create && request.Operation != admissionv1.Update {
		return decision.Allow(), nil
	}
	job, err := readImageListPullJob(request.Resource.Version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	if request.Operation == admissionv1.Update {
		old, err := readImageListPullJob(request.Resource.Version, request.OldObject.Raw)
		if err == nil && equality.Semantic.DeepEqual(job.Spec, old.Spec) {
			return decision.Allow(), nil
		}
	}
	if r.GateOff != "" {
		return gateOff("no image would be pulled", r.GateOff), nil
	}
	found, spec := &findings{}, &job.Spec
	found.add(pullTargets(&spec.ImagePullJobTemplate, specPath))
	found.add(listedImages(spec.Images, specPath.Child("images")))
	found.add(parallelism(spec.Parallelism))
	found.add(completion(&spec.CompletionPolicy))
	for _, err := range deadline(&spec.ImagePullJobTemplate) {
		found.warn("the ImagePullJobs of this job will be refused: " + err.Error())
	}
	pullHints(&spec.ImagePullJobTemplate, found)
	return found.decision(), nil
}

// listedImages checks the list, and each image when there are not too many.
func listedImages(images []string, path *field.Path) field.ErrorList {
	switch {
	case len(images) == 0:
		return field.ErrorList{field.Required(path, "the images to pull")}
	case len(images) > maxListedImages:
		return field.ErrorList{field.TooMany(path, len(images), maxListedImages)}
	}
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, image := range images {
		if seen.Has(image) {
			errs = append(errs, field.Duplicate(path.Index(i), image))
			continue
		}
		seen.Insert(image)
		errs = append(errs, imageReference(image, path.Index(i))...)
	}
	return errs
}

func readImageListPullJob(version string, raw []byte) (*v1beta1.ImageListPullJob, error) {
	return readAsBeta[v1beta1.ImageListPullJob](version, "ImageListPullJob", raw, &v1alpha1.ImageListPullJob{})
}
