package inject

import (
	"net/http"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// How much a pod may ask of injection. Whoever may create pods may write one of megabytes, which the API server sends here before it looks whether
// the pod is valid. What is refused here could not be stored anyway.

// maxMade bounds the containers that are made of what is in the pod, in bytes, over all sidecars: each that shares volumes copies all mounts of the
// pod. etcd takes objects of 1.5 MiB.
const maxMade = 4 << 20

func tooMuchShared(sidecarSet string, p *placement) error {
	return invalid(metav1.CauseTypeTooMany, listField(p.init), sidecarSet,
		"the sidecars, with what container %q and others share with the pod, would have more than %d bytes: no cluster stores that, remove mounts or variables",
		p.sidecar.name, maxMade)
}

// checkAnnotations refuses what the API server refuses for its annotations, before anything is read out of them.
func (in *injection) checkAnnotations() error {
	err := apivalidation.ValidateAnnotationsSize(in.pod.annotations)
	if err == nil {
		return nil
	}
	const field = "metadata.annotations"
	return &Refusal{decision.Decision{
		Code:    http.StatusUnprocessableEntity,
		Reason:  metav1.StatusReasonInvalid,
		Message: field + ": " + err.Error() + ": shorten or remove some",
		Causes:  []metav1.StatusCause{{Type: metav1.CauseTypeTooLong, Message: err.Error(), Field: field}},
	}}
}
