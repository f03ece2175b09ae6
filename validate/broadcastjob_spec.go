package validate

// The plain fields of a BroadcastJob's spec: rules 2, 3 and 6, and what it may say but hardly means.

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The labels that the controller gives the pods of a BroadcastJob.
const (
	broadcastJobNameLabel = "broadcastjob-name"
	broadcastJobUIDLabel  = "broadcastjob-controller-uid"
)

// reservedJobLabels refuses to preset the labels by which the controller finds its pods. An empty value counts as none.
func reservedJobLabels(pods *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	for _, label := range []string{broadcastJobNameLabel, broadcastJobUIDLabel} {
		if pods.Labels[label] != "" {
			return field.ErrorList{field.Invalid(path.Child("metadata", "labels"), pods.Labels,
				fmt.Sprintf("the controller sets %s and %s itself: remove them", broadcastJobNameLabel, broadcastJobUIDLabel))}
		}
	}
	return nil
}

// broadcastJobHints warns of what OpenKruise accepts.
func broadcastJobHints(spec *v1beta1.BroadcastJobSpec, found *findings) {
	unknownHint(spec.CompletionPolicy.Type, specPath.Child("completionPolicy", "type"), found, v1beta1.Always, v1beta1.Never)
	unknownHint(spec.FailurePolicy.Type, specPath.Child("failurePolicy", "type"), found,
		v1beta1.FailFastFailurePolicyType, v1beta1.ContinueFailurePolicyType, v1beta1.PauseFailurePolicyType)
	if spec.Parallelism != nil {
		found.warnOf(nonNegativeIntOrPercent(*spec.Parallelism, specPath.Child("parallelism")))
	}
}
