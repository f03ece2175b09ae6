package webhook

import (
	"net/http"
	"slices"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/kruise-admission/kruise-admission/decision"
)

// DefaultMaxInFlight is how many reviews are decided at once unless configured otherwise. The API server keeps about 25
// connections to a webhook; several API servers fit.
const DefaultMaxInFlight = 256

// HandlerOptions configure [Handlers].
type HandlerOptions struct {
	// Rules are behind the endpoints; all are required.
	Rules Rules
	// Ready says why the server cannot decide yet, and nil when it can. Required.
	Ready func() error
	// MaxInFlight bounds the reviews in flight over all endpoints. Zero means DefaultMaxInFlight.
	MaxInFlight int
	// Registry takes the metrics. Required.
	Registry prometheus.Registerer
	// Tracer makes a span of each review. Nil: reviews are not traced, which costs nothing.
	Tracer trace.Tracer
	// Log takes one line a decision at level 1 and one a refusal at level 0.
	Log logr.Logger
}

// Serves says whether the server answers on a path: one of the endpoint table, or that of conversion.
func Serves(path string) bool {
	return path == ConvertPath || slices.ContainsFunc(Endpoints(), func(endpoint Endpoint) bool {
		return slices.Contains(endpoint.Paths(), path)
	})
}

// Handlers returns the HTTP handler of every path of the endpoint table, aliases included. It panics if a rule is missing.
func Handlers(options HandlerOptions) map[string]http.Handler {
	if options.MaxInFlight == 0 {
		options.MaxInFlight = DefaultMaxInFlight
	}
	inFlight := newLimiter(options.MaxInFlight)
	canaryInFlight := newLimiter(options.MaxInFlight)
	canaryMetrics := newMetrics(prometheus.NewRegistry(), func() float64 { return 0 }) // served nowhere
	m := newMetrics(options.Registry, func() float64 { return float64(inFlight.inFlight()) })
	handlerOf := func(path string, reviewer decision.Reviewer, forgets bool) *reviewHandler {
		handler := &reviewHandler{
			endpoint: path,
			reviewer: reviewer,
			ready:    options.Ready,
			inFlight: inFlight,
			metrics:  m,
			tracer:   options.Tracer,
			log:      options.Log.WithValues("endpoint", path),
			forgets:  forgets,
		}
		m.panics.WithLabelValues(path) // from the start: of a series that begins with 1, Prometheus sees no increase
		forCanary := *handler
		forCanary.inFlight, forCanary.metrics, forCanary.tracer, forCanary.log = canaryInFlight, canaryMetrics, nil, handler.log.V(1)
		handler.forCanary = &forCanary
		return handler
	}
	handlers := map[string]http.Handler{}
	for _, endpoint := range Endpoints() {
		if _, served := handlers[endpoint.Path]; served {
			continue
		}
		reviewer := endpoint.rule(options.Rules)
		if reviewer == nil {
			panic("no rule for " + endpoint.Path)
		}
		handler := handlerOf(endpoint.Path, reviewer, endpoint.forgets)
		for _, path := range append([]string{endpoint.Path}, endpoint.Aliases...) {
			handlers[path] = handler
		}
		for _, path := range endpoint.Marking {
			handlers[path] = handlerOf(path, marking{reviewer}, endpoint.forgets)
		}
	}
	return handlers
}
