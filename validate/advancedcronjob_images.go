package validate

// The template of an AdvancedCronJob that pulls images: rules 7 and 8. OpenKruise stops at the first fault of rule 8; here all are told.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// longestPull is the longest activeDeadlineSeconds of such a template: a day.
const longestPull = 24 * 60 * 60

// cronImages checks a template for pulling images.
func cronImages(spec *v1beta1.ImageListPullJobSpec, concurrency v1beta1.ConcurrencyPolicy) field.ErrorList {
	var errs field.ErrorList
	switch concurrency {
	case v1beta1.ReplaceConcurrent, v1beta1.ForbidConcurrent:
	default: // 7
		errs = append(errs, field.Invalid(specPath.Child("concurrencyPolicy"), concurrency, "images cannot be pulled twice at a time: write Replace or Forbid"))
	}
	path := templatePath.Child("imageListPullJobTemplate", "spec")
	errs = append(errs, pullTargets(&spec.ImagePullJobTemplate, path)...)            // 8, 1 to 5
	errs = append(errs, listedImages(spec.Images, path.Child("images"))...)          // 6 to 9
	return append(errs, cronPullCompletion(spec, path.Child("completionPolicy"))...) // 10 to 13
}

// cronPullCompletion checks when a pull is over. A pull timeout that is not given does not count, as in OpenKruise.
func cronPullCompletion(spec *v1beta1.ImageListPullJobSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	policy := &spec.CompletionPolicy
	if policy.Type != v1beta1.Always {
		errs = append(errs, field.NotSupported(path.Child("type"), policy.Type, []v1beta1.CompletionPolicyType{v1beta1.Always}))
	}
	if deadline := policy.ActiveDeadlineSeconds; deadline != nil {
		path := path.Child("activeDeadlineSeconds")
		if *deadline > longestPull {
			errs = append(errs, field.Invalid(path, *deadline, fmt.Sprintf("must be no more than %d, a day", longestPull)))
		}
		if pull := spec.PullPolicy; pull != nil && pull.TimeoutSeconds != nil && int64(*pull.TimeoutSeconds) > *deadline {
			errs = append(errs, field.Invalid(path, *deadline, fmt.Sprintf("must be at least pullPolicy.timeoutSeconds, which is %d", *pull.TimeoutSeconds)))
		}
	}
	if seconds := policy.TTLSecondsAfterFinished; seconds != nil {
		errs = append(errs, field.Forbidden(path.Child("ttlSecondsAfterFinished"), "the history limits say how many jobs are kept: remove it"))
	}
	return errs
}
