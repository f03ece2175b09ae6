package resourcedryrun

import (
	"errors"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// notPermitted is in the message with which the API server refuses for lack of permission, which is ours to have. Quotas, policies and
// webhooks refuse with the same status and other words; those are about the object.
const notPermitted = " cannot create resource "

// refusal returns the causes with which the object itself was refused, nil if the request failed for another reason.
func refusal(err error) []metav1.StatusCause {
	var failed apierrors.APIStatus
	if !errors.As(err, &failed) {
		return nil
	}
	status := failed.Status()
	switch status.Code {
	case http.StatusUnprocessableEntity:
		if status.Details != nil && len(status.Details.Causes) > 0 {
			return status.Details.Causes
		}
		return []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Message: status.Message}}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		return []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Message: status.Message}}
	case http.StatusForbidden:
		if strings.Contains(status.Message, notPermitted) {
			return nil
		}
		return []metav1.StatusCause{{Type: metav1.CauseTypeForbidden, Message: status.Message}}
	}
	return nil
}
