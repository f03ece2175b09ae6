package webhook

import (
	"context"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection/budget"
)

// BudgetRecorder tells the cluster's users that a budget has kept a pod.
type BudgetRecorder interface {
	// RecordKept must not hold up the request for long. An error is logged; the metric tells anyway.
	RecordKept(ctx context.Context, kept budget.Verdict) error
}

// BudgetsOptions configure a [Budgets].
type BudgetsOptions struct {
	// Judge decides. Required.
	Judge Judge[budget.Verdict]
	// Recorder is told each refusal. Nil (no cluster): nobody is.
	Recorder BudgetRecorder
	// Log takes what goes wrong in recording, and budgets that could not be asked.
	Log logr.Logger
}

// Budgets is the rule of PodUnavailableBudgets: it lets a Judge decide, and counts and reports what came of it. A dry run counts
// nothing and reports nothing, because nothing happens.
type Budgets struct {
	prometheus.Collector // of reviews
	options              BudgetsOptions
	reviews              *prometheus.CounterVec
}

var (
	_ decision.Reviewer    = (*Budgets)(nil)
	_ prometheus.Collector = (*Budgets)(nil)
)

// NewBudgets makes a Budgets. Whoever makes it registers it, too, so that its metric is served.
func NewBudgets(options BudgetsOptions) *Budgets {
	reviews := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kruise_admission_pod_unavailable_budget_total",
		Help: "Requests about pods that have a PodUnavailableBudget, without dry runs, by operation (DELETE, EVICT, UPDATE, RESIZE) and outcome " +
			"(allowed, refused, undecided).",
	}, []string{"operation", "outcome"})
	return &Budgets{reviews, options, reviews}
}

// Review implements decision.Reviewer.
func (b *Budgets) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	verdict, err := b.options.Judge.Judge(ctx, request)
	if verdict.Undecided != nil {
		b.log(verdict).Error(verdict.Undecided, "a budget cannot be asked; the eviction is refused for now")
	}
	if verdict.Budget == "" || verdict.DryRun {
		return verdict.Decision, err
	}
	outcome := outcomeAllowed
	switch {
	case err != nil || verdict.Undecided != nil:
		outcome = outcomeUndecided
	case !verdict.Allowed:
		outcome = outcomeRefused
	}
	b.reviews.WithLabelValues(string(verdict.Operation), outcome).Inc()
	if outcome == outcomeRefused && b.options.Recorder != nil {
		tell(ctx, b.log(verdict), func() error { return b.options.Recorder.RecordKept(ctx, verdict) })
	}
	return verdict.Decision, err
}

func (b *Budgets) log(verdict budget.Verdict) logr.Logger {
	return b.options.Log.WithValues("namespace", short(verdict.Namespace), "pod", short(verdict.Pod.Name), "budget", short(verdict.Budget))
}
