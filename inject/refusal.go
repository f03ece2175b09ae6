package inject

import (
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Refusal is the error by which a step says no. Every other error means "cannot tell".
type Refusal struct {
	Decision decision.Decision
}

// Error implements error.
func (r *Refusal) Error() string { return r.Decision.Message }

// Malformed refuses a pod that cannot be read, because of err in what.
func Malformed(what string, err error) error { return malformed(what, err) }

// malformed refuses a pod that cannot be read.
func malformed(what string, err error) error {
	return &Refusal{decision.Malformed(fmt.Sprintf("cannot read the pod: %s: %v", what, err))}
}

// invalid refuses a pod for the value at field, a path into the pod, because of what sidecarSet demands of it.
func invalid(cause metav1.CauseType, field, sidecarSet, format string, args ...any) error {
	return refuse(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, cause, field, sidecarSet, format, args...)
}

// misconfigured refuses a pod because a SidecarSet that selects it cannot be injected. field is a path into the SidecarSet.
// The pod's author cannot repair it, hence forbidden and not invalid.
func misconfigured(sidecarSet, field, format string, args ...any) error {
	path := fmt.Sprintf("sidecarsets[%s].%s", sidecarSet, field)
	return refuse(http.StatusForbidden, metav1.StatusReasonForbidden, metav1.CauseTypeFieldValueInvalid, path, sidecarSet, format, args...)
}

func refuse(code int32, reason metav1.StatusReason, cause metav1.CauseType, field, sidecarSet, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return &Refusal{decision.Decision{
		Code:    code,
		Reason:  reason,
		Message: fmt.Sprintf("SidecarSet %q cannot be injected: %s: %s", sidecarSet, field, text),
		Causes:  []metav1.StatusCause{{Type: cause, Message: text, Field: field}},
	}}
}
