package webhook

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// wholeObjects keeps subresources away from the rule of a kind. Their objects are others, such as a Scale, or are written by controllers that no rule
// may hold up, such as a status. Our configurations do not ask about them; one that somebody has widened to "clonesets/*" must not stop a cluster.
type wholeObjects struct{ rule decision.Reviewer }

// Review implements decision.Reviewer.
func (w wholeObjects) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if request.SubResource != "" {
		return decision.Allow(), nil
	}
	return w.rule.Review(ctx, request)
}

// onlyWhole is rule for whole objects; nil for nil.
func onlyWhole(rule decision.Reviewer) decision.Reviewer {
	if rule == nil {
		return nil
	}
	return wholeObjects{rule}
}
