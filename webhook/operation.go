package webhook

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// deleteOr serves an endpoint that OpenKruise uses for two questions: may this object be deleted, and is it valid.
type deleteOr struct {
	onDelete, otherwise decision.Reviewer
}

// Review asks the rule that the operation calls for.
func (d deleteOr) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.Operation == admissionv1.Delete {
		return d.onDelete.Review(ctx, request)
	}
	return d.otherwise.Review(ctx, request)
}
