package webhook

import (
	"context"
	"errors"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Why a review could not be decided, as values of the label reason.
const (
	reasonNotReady   = "NotReady"      // the view of the cluster is not complete
	reasonCannotTell = "CannotTell"    // a rule could not look up what it needs
	reasonTimeout    = "Timeout"       // the caller's time is over
	reasonInternal   = "InternalError" // a mistake in this program
	reasonPanic      = "Panic"         // one that made it panic
)

// reasonOther stands for all reasons of refusals that are not in the list below, so that the label stays closed.
const reasonOther = "Other"

// refusalReason is why a decision refuses, as a value of the label reason; empty when it allows.
func refusalReason(d decision.Decision) string {
	if d.Allowed {
		return ""
	}
	switch d.Reason {
	case metav1.StatusReasonBadRequest, metav1.StatusReasonForbidden, metav1.StatusReasonInvalid, metav1.StatusReasonNotFound,
		metav1.StatusReasonTooManyRequests:
		return string(d.Reason)
	}
	return reasonOther
}

// unableReason is why a rule ended with an error.
func unableReason(ctx context.Context, err error) string {
	var unable *decision.Unable
	switch {
	case ctx.Err() != nil:
		return reasonTimeout
	case errors.As(err, &unable):
		return reasonCannotTell
	}
	return reasonInternal
}
