package validate

// The rules that ImagePullJob and ImageListPullJob have in common: where images are pulled, and when that is over
// (spec/validate-imagepulljob.md (c) 1 to 5 and 8 to 11).

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// defaultPullTimeoutSeconds is what counts when a job says nothing.
const defaultPullTimeoutSeconds = 600

var completionPolicyPath = specPath.Child("completionPolicy")

// pullTargets is rules 1 to 5: nodes by name, by label or by their pods. specPath is that of the job.
func pullTargets(job *v1beta1.ImagePullJobTemplate, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if selector := job.Selector; selector != nil {
		path := specPath.Child("selector")
		byLabels := selector.MatchLabels != nil || selector.MatchExpressions != nil // an empty one means all nodes
		if byLabels && selector.Names != nil {
			errs = append(errs, field.Forbidden(path.Child("names"), "excludes matchLabels and matchExpressions: remove one of the two"))
		}
		errs = append(errs, labelSelector(&selector.LabelSelector, path)...)
		seen := sets.New[string]()
		for i, name := range selector.Names {
			if seen.Has(name) && len(errs) < maxCauses {
				errs = append(errs, field.Duplicate(path.Child("names").Index(i), name))
			}
			seen.Insert(name)
		}
	}
	if selector := job.PodSelector; selector != nil {
		path := specPath.Child("podSelector")
		if job.Selector != nil {
			errs = append(errs, field.Forbidden(path, "excludes selector: remove one of the two"))
		}
		errs = append(errs, labelSelector(&selector.LabelSelector, path)...)
	}
	return errs
}

// parallelism is rule 8. A string is a number in quotes here, never a percentage.
func parallelism(value *intstr.IntOrString) field.ErrorList {
	if value == nil {
		return nil
	}
	number := int64(value.IntVal)
	if value.Type == intstr.String {
		var err error
		if number, err = strconv.ParseInt(value.StrVal, 10, 32); err != nil {
			return field.ErrorList{field.Invalid(specPath.Child("parallelism"), value.StrVal,
				"must be a number of nodes, such as 10: percentages are not supported")}
		}
	}
	if number < 0 {
		return field.ErrorList{field.Invalid(specPath.Child("parallelism"), asWritten(value), "must be 0 or more; 0 pauses the job")}
	}
	return nil
}

// completion is rules 10 and 11: limits go with a job that ends.
func completion(policy *v1beta1.CompletionPolicy) field.ErrorList {
	switch policy.Type {
	case v1beta1.Always:
		return nil
	case v1beta1.Never:
		return neverOver(policy, specPath)
	default:
		return field.ErrorList{field.NotSupported(completionPolicyPath.Child("type"), policy.Type,
			[]v1beta1.CompletionPolicyType{v1beta1.Always, v1beta1.Never})}
	}
}

// deadline is rule 9: a job must live as long as one pull may take.
func deadline(job *v1beta1.ImagePullJobTemplate) field.ErrorList {
	timeout := int64(defaultPullTimeoutSeconds)
	if job.PullPolicy != nil && job.PullPolicy.TimeoutSeconds != nil {
		timeout = int64(*job.PullPolicy.TimeoutSeconds)
	}
	policy := &job.CompletionPolicy
	if policy.Type != v1beta1.Always || policy.ActiveDeadlineSeconds == nil || timeout <= *policy.ActiveDeadlineSeconds {
		return nil
	}
	return field.ErrorList{field.Invalid(completionPolicyPath.Child("activeDeadlineSeconds"), *policy.ActiveDeadlineSeconds,
		fmt.Sprintf("must be at least spec.pullPolicy.timeoutSeconds, which is %d", timeout))}
}

// pullHints warns of what OpenKruise accepts and hardly anybody means.
func pullHints(job *v1beta1.ImagePullJobTemplate, found *findings) {
	unknownHint(job.ImagePullPolicy, specPath.Child("imagePullPolicy"), found, corev1.PullAlways, corev1.PullIfNotPresent)
	if policy := job.PullPolicy; policy != nil {
		for _, number := range []struct {
			member string
			value  *int32
		}{{"timeoutSeconds", policy.TimeoutSeconds}, {"backoffLimit", policy.BackoffLimit}} {
			if number.value != nil && *number.value < 0 {
				found.warn(fmt.Sprintf("spec.pullPolicy.%s is %d: it should be 0 or more", number.member, *number.value))
			}
		}
	}
}
