package webhook

// What the rules have in common of which each decision is counted and some are told: see Protection and Budgets.

import (
	"context"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/survive"
)

// Judge decides about a request, and says in its verdict what there is to count and to tell: a *protection.Reviewer is one, and a
// *budget.Reviewer.
type Judge[Verdict any] interface {
	Judge(ctx context.Context, request *admissionv1.AdmissionRequest) (Verdict, error)
}

// outcomeUndecided is the value of the label outcome when a judge cannot tell. The others are those of the rule.
const outcomeUndecided = "undecided"

// tell writes an Event about what has been decided, and stays so whatever happens to the Event.
func tell(ctx context.Context, log logr.Logger, write func() error) {
	if err := survive.Try(ctx, write); err != nil {
		log.Error(err, "what has been decided cannot be written as an Event")
	}
}
