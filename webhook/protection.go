package webhook

import (
	"context"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection"
)

// protectionOutcomes are values of the label outcome.
var protectionOutcomes = map[protection.Outcome]string{
	protection.Allowed:    "allowed",
	protection.Refused:    "refused",
	protection.Warned:     "warned",
	protection.Audited:    "audited",
	protection.BrokeGlass: "break_glass",
}

// BreakGlassRecorder tells the cluster's users that somebody went past a refusal.
type BreakGlassRecorder interface {
	// Record must not hold up the request for long. An error is logged; the audit annotation and the metric tell anyway.
	Record(ctx context.Context, use protection.BreakGlass) error
}

// ProtectionOptions configure a [Protection].
type ProtectionOptions struct {
	// Judge decides. Required.
	Judge Judge[protection.Verdict]
	// Recorder is told each use of break-glass. Nil (no cluster): nobody is.
	Recorder BreakGlassRecorder
	// Log takes the uses of break-glass and what goes wrong in recording them.
	Log logr.Logger
}

// Protection is the rule behind the entries of delete protection: it lets a Judge decide, and counts and reports what came of it. A dry
// run counts nothing and reports nothing, because nothing happens.
type Protection struct {
	prometheus.Collector // of reviews
	options              ProtectionOptions
	reviews              *prometheus.CounterVec
}

var (
	_ decision.Reviewer    = (*Protection)(nil)
	_ prometheus.Collector = (*Protection)(nil)
)

// NewProtection makes a Protection. Whoever makes it registers it, too, so that its metric is served.
func NewProtection(options ProtectionOptions) *Protection {
	reviews := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kruise_admission_delete_protection_total",
		Help: "Requests about objects protected from deletion, without dry runs, by resource and outcome " +
			"(allowed, refused, warned, audited, break_glass, undecided).",
	}, []string{"resource", "outcome"})
	return &Protection{reviews, options, reviews}
}

// Review implements decision.Reviewer.
func (p *Protection) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	verdict, err := p.options.Judge.Judge(ctx, request)
	if verdict.Rule == nil || request.DryRun != nil && *request.DryRun {
		return verdict.Decision, err
	}
	// Resources come from the table of rules, so that no request can add a series.
	resource := verdict.Rule.GroupResource().String()
	if err != nil {
		p.reviews.WithLabelValues(resource, outcomeUndecided).Inc()
		return verdict.Decision, err
	}
	if outcome, counts := protectionOutcomes[verdict.Outcome]; counts {
		p.reviews.WithLabelValues(resource, outcome).Inc()
	}
	if use := verdict.BreakGlass; use != nil {
		p.report(ctx, *use)
	}
	return verdict.Decision, nil
}

// report writes a use of break-glass where people look.
func (p *Protection) report(ctx context.Context, use protection.BreakGlass) {
	log := p.options.Log.WithValues("kind", use.Kind, "namespace", use.Namespace, "name", use.Name, "user", use.User)
	// Why may quote an annotation, so it stays out of this log; the Event and the audit annotation say it.
	log.Info("break-glass")
	if p.options.Recorder != nil {
		tell(ctx, log, func() error { return p.options.Recorder.Record(ctx, use) })
	}
}
