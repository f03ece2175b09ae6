package webhook

import (
	"context"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Attributes of the span of a review. Their values are those of the labels of the metrics: nothing of an object is in a trace.
const (
	endpointAttribute  = attribute.Key("kruise_admission.endpoint")
	operationAttribute = attribute.Key("kruise_admission.operation")
	decisionAttribute  = attribute.Key("kruise_admission.decision")
	reasonAttribute    = attribute.Key("kruise_admission.reason")
)

// What becomes of a request without a decision, as values of decisionAttribute; the metrics count these requests apart from reviews.
const (
	outcomeShed       = "shed"
	outcomeUnreadable = "unreadable"
)

// sight is what metrics and traces see of one review.
type sight struct {
	start     time.Time
	operation string
	span      trace.Span // one that does nothing where reviews are not traced
}

// startSpan opens the span of a review, if there is a tracer. It continues that of the API server, whose webhook client names it in the
// header traceparent.
func (h *reviewHandler) startSpan(r *http.Request, seen *sight) context.Context {
	ctx := r.Context()
	if h.tracer == nil {
		return ctx
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	ctx, seen.span = h.tracer.Start(ctx, "review", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(seen.start),
		trace.WithAttributes(endpointAttribute.String(h.endpoint)))
	return ctx
}

// decided reports what became of a review, and why it was refused or could not be decided.
func (h *reviewHandler) decided(seen *sight, outcome, reason string) {
	h.metrics.observe(h.endpoint, outcome, reason, seen)
	if seen.span.IsRecording() {
		seen.span.SetAttributes(operationAttribute.String(knownOperation(seen.operation)), reasonAttribute.String(reason))
		seen.ended(outcome)
	}
}

// ended says in the span how a request ended. What failed is in the log only, because error texts may quote the cluster.
func (s *sight) ended(outcome string) {
	s.span.SetAttributes(decisionAttribute.String(outcome))
	if outcome == outcomeUnable || outcome == outcomeShed {
		s.span.SetStatus(otelcodes.Error, "")
	}
}
