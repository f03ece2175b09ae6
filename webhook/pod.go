package webhook

import (
	"context"
	"maps"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// ValidatePod is the rule behind updates, deletes and evictions of pods: what may refuse them, and who must know of them.
//
// OpenKruise tells WorkloadSpreads first, so that a pod whose budget then refuses is counted as gone. Here they hear of pods that go. If that
// fails, the budget has been asked already; it lets the same pod go again when the request is repeated.
type ValidatePod struct {
	// Budgets decides by PodUnavailableBudgets. Nil: their gates are off.
	Budgets decision.Reviewer
	// WorkloadSpreads counts pods that are deleted or evicted. Nil: its gate is off.
	WorkloadSpreads decision.Reviewer
}

// Review implements decision.Reviewer.
func (r ValidatePod) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	answer := decision.Allow()
	if r.Budgets != nil {
		var err error
		if answer, err = r.Budgets.Review(ctx, request); err != nil || !answer.Allowed {
			return answer, err
		}
	}
	if r.WorkloadSpreads == nil || request.Operation == admissionv1.Update {
		return answer, nil
	}
	counted, err := r.WorkloadSpreads.Review(ctx, request)
	if err != nil || !counted.Allowed {
		return counted, err
	}
	for _, warning := range counted.Warnings {
		answer.Warn(warning)
	}
	if len(counted.Audit) > 0 {
		audit := maps.Clone(counted.Audit)
		maps.Copy(audit, answer.Audit)
		answer.Audit = audit
	}
	return answer, nil
}
