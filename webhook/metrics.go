package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Outcomes of a review, the values of the label decision.
const (
	outcomeAllowed = "allowed"
	outcomePatched = "patched"
	outcomeRefused = "refused"
	outcomeUnable  = "unable"
)

// metrics of the serving side. Every label set is closed: endpoints and operations come from tables, so that no request
// can add a series.
type metrics struct {
	reviews    *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	unreadable *prometheus.CounterVec
	panics     *prometheus.CounterVec
	shed       prometheus.Counter
	lastReview prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer, inFlight func() float64) *metrics {
	m := &metrics{
		reviews: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kruise_admission_reviews_total",
			Help: "Reviews answered, by endpoint, operation, decision (allowed, patched, refused, unable) and reason: that of the refusal " +
				"(BadRequest, Forbidden, Invalid, NotFound, TooManyRequests), or why nothing could be decided (NotReady, CannotTell, Timeout, InternalError, Panic).",
		}, []string{"endpoint", "operation", "decision", "reason"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "kruise_admission_review_duration_seconds",
			Help:    "Time from the first byte of a review to its answer.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"endpoint"}),
		unreadable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kruise_admission_unreadable_reviews_total",
			Help: "Requests whose body was no AdmissionReview.",
		}, []string{"endpoint"}),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kruise_admission_panics_total",
			Help: "Panics, each answered as an internal error.",
		}, []string{"endpoint"}),
		shed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kruise_admission_shed_reviews_total",
			Help: "Reviews turned away because too many were in flight, or too many bytes of bodies and answers were held.",
		}),
		lastReview: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kruise_admission_last_review_timestamp_seconds",
			Help: "When the last readable review came, 0 if none has: shows a server that nobody calls.",
		}),
	}
	registry.MustRegister(m.reviews, m.duration, m.unreadable, m.panics, m.shed, m.lastReview,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "kruise_admission_reviews_in_flight",
			Help: "Reviews being decided now.",
		}, inFlight))
	return m
}

// observe counts one review. Where the review is traced, the duration carries the trace as an exemplar.
func (m *metrics) observe(endpoint, outcome, reason string, seen *sight) {
	m.reviews.WithLabelValues(endpoint, knownOperation(seen.operation), outcome, reason).Inc()
	duration, seconds := m.duration.WithLabelValues(endpoint), time.Since(seen.start).Seconds()
	if traced := seen.span.SpanContext(); traced.IsSampled() {
		duration.(prometheus.ExemplarObserver).ObserveWithExemplar(seconds, prometheus.Labels{"trace_id": traced.TraceID().String()})
		return
	}
	duration.Observe(seconds)
}

// operations are those that a request may have, as values of the label operation.
var operations = []string{"CREATE", "UPDATE", "DELETE", "CONNECT"}

// knownOperation gives a text of its own: one of a request would keep the room that it shares with others of that request.
func knownOperation(operation string) string {
	for _, known := range operations {
		if operation == known {
			return known
		}
	}
	return "other"
}

func outcomeOf(d decision.Decision) string {
	switch {
	case !d.Allowed:
		return outcomeRefused
	case len(d.Patch) > 0:
		return outcomePatched
	}
	return outcomeAllowed
}
