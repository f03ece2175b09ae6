package webhook

import (
	"context"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection/budget"
	"github.com/kruise-admission/kruise-admission/survive"
)

// BudgetJudge decides whether a pod may become unavailable; a *budget.Reviewer does.
type BudgetJudge interface {
	Judge(ctx context.Context, request *admissionv1.AdmissionRequest) (budget.Verdict, error)
}

// BudgetRecorder tells the cluster's users that a budget has kept a pod.
type BudgetRecorder interface {
	// RecordKept must not hold up the request for long. An error is logged; the metric tells anyway.
	RecordKept(ctx context.Context, kept budget.Verdict) error
}

// BudgetsOptions configure a [Budgets].
type BudgetsOptions struct {
	// Judge decides. Required.
	Judge BudgetJudge
	// Recorder is told each refusal. Nil (no cluster): nobody is.
	Recorder BudgetRecorder
	// Log takes what goes wrong in recording, and budgets that could not be asked.
	Log logr.Logger
}

// Budgets is the rule of PodUnavailableBudgets: it lets a BudgetJudge decide, and counts and reports what came of it. A dry run counts
// nothing and reports nothing, because nothing happens.
type Budgets struct {
	options BudgetsOptions
	reviews *prometheus.CounterVec
}

var (
	_ decision.Reviewer    = (*Budgets)(nil)
	_ prometheus.Collector = (*Budgets)(nil)
)

// NewBudgets makes a Budgets. Whoever makes it registers it, too, so that its metric is served.
func NewBudgets(options BudgetsOptions) *Budgets {
	return &Budgets{options: options, reviews: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kruise_admission_pod_unavailable_budget_total",
		Help: "Requests about pods that have a PodUnavailableBudget, without dry runs, by operation (DELETE, EVICT, UPDATE, RESIZE) and outcome " +
			"(allowed, refused, undecided).",
	}, []string{"operation", "outcome"})}
}

// Describe implements prometheus.Collector.
func (b *Budgets) Describe(descriptions chan<- *prometheus.Desc) { b.reviews.Describe(descriptions) }

// Collect implements prometheus.Collector.
func (b *Budgets) Collect(metrics chan<- prometheus.Metric) { b.reviews.Collect(metrics) }

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
	if outcome != outcomeRefused || b.options.Recorder == nil {
		return verdict.Decision, err
	}
	// What is decided stays decided, whatever happens to the Event about it.
	if err := survive.Try(ctx, func() error { return b.options.Recorder.RecordKept(ctx, verdict) }); err != nil {
		b.log(verdict).Error(err, "a refusal cannot be written as an Event")
	}
	return verdict.Decision, nil
}

func (b *Budgets) log(verdict budget.Verdict) logr.Logger {
	return b.options.Log.WithValues("namespace", short(verdict.Namespace), "pod", short(verdict.Pod.Name), "budget", short(verdict.Budget))
}
