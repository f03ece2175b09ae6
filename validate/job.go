package validate

// What jobs have in common: their names, their pods, which come to an end, and jobs that do not.

import (
	"fmt"
	"regexp"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

var jobNameCharacters = regexp.MustCompile(`^[a-zA-Z0-9-]+$`)

// jobName says what is wrong with the name of a job, which becomes the value of a label of its pods. The API server does not take capital
// letters either, and says so itself.
func jobName(name string, _ bool) []string {
	var faults []string
	if !jobNameCharacters.MatchString(name) {
		faults = append(faults, "must consist of letters, digits and '-': write '-' for any other character")
	}
	if len(name) > validation.DNS1123LabelMaxLength {
		faults = append(faults, fmt.Sprintf("must be no more than %d characters: shorten it", validation.DNS1123LabelMaxLength))
	}
	return faults
}

// anyName accepts the name of an object that exists: it cannot get another one.
var anyName apivalidation.ValidateNameFunc = func(string, bool) []string { return nil }

// endingPods checks that the pods of a job are not restarted for ever. path is that of the template. Defaulting fills in Always, which no
// job can have, when there is no restartPolicy.
func endingPods(pods *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	allowed := []corev1.RestartPolicy{corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever}
	path = path.Child("spec", "restartPolicy")
	switch policy := pods.Spec.RestartPolicy; policy {
	case allowed[0], allowed[1]:
		return nil
	case "":
		return field.ErrorList{field.Required(path, "the pods of a job come to an end: write OnFailure or Never")}
	default:
		return field.ErrorList{field.NotSupported(path, policy, allowed)}
	}
}

// neverOver refuses times of a job that is never over. specPath is that of the job.
func neverOver(policy *v1beta1.CompletionPolicy, specPath *field.Path) field.ErrorList {
	if policy.Type != v1beta1.Never {
		return nil
	}
	const why = "a job with completionPolicy.type Never is never over: remove it, or make the type Always"
	path := specPath.Child("completionPolicy")
	var errs field.ErrorList
	if seconds := policy.TTLSecondsAfterFinished; seconds != nil {
		errs = append(errs, field.Invalid(path.Child("ttlSecondsAfterFinished"), *seconds, why))
	}
	if seconds := policy.ActiveDeadlineSeconds; seconds != nil {
		errs = append(errs, field.Invalid(path.Child("activeDeadlineSeconds"), *seconds, why))
	}
	return errs
}
