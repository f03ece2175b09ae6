package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/otlp"
	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// spanTimeout is how long one delivery of spans may take.
	spanTimeout = 10 * time.Second
	// spanFlushTimeout is how long the last delivery may hold up the end of the process.
	spanFlushTimeout = 2 * time.Second
)

// validTracingEndpoint reports an endpoint to which nothing can be sent.
func validTracingEndpoint(endpoint string) error {
	host, port, err := net.SplitHostPort(endpoint)
	number, notNumber := strconv.Atoi(port)
	if err != nil || notNumber != nil || len(validation.IsValidPortNum(number)) > 0 ||
		net.ParseIP(host) == nil && len(validation.IsDNS1123Subdomain(host)) > 0 {
		return fmt.Errorf("--tracing-endpoint: invalid value %q, expected host:port of a collector, such as localhost:4318", endpoint)
	}
	return nil
}

// newTracer makes what traces reviews, and what delivers the last spans when nothing is served any more. Without an endpoint nothing is
// traced and the tracer is nil.
//
// Which reviews are traced is for the API server to choose, by the sampling rate of its TracingConfiguration: a span of a review without
// what led to it helps nobody.
func newTracer(endpoint string, log logr.Logger) (trace.Tracer, func()) {
	if endpoint == "" {
		return nil, func() {}
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Info("spans are lost", "error", err.Error()) }))
	otel.SetLogger(log.V(1))
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(survivingExporter{otlp.NewExporter(endpoint)}, sdktrace.WithExportTimeout(spanTimeout)),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())),
		sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", program),
			attribute.String("service.version", version),
			attribute.String("service.instance.id", instanceName()),
		)),
	)
	return provider.Tracer("github.com/kruise-admission/kruise-admission"), func() {
		ctx, cancel := context.WithTimeout(context.Background(), spanFlushTimeout)
		defer cancel()
		if err := provider.Shutdown(ctx); err != nil {
			log.Info("spans are lost", "error", err.Error())
		}
	}
}

// survivingExporter loses spans that cannot be written down: the SDK calls it on a goroutine of its own.
type survivingExporter struct{ sdktrace.SpanExporter }

func (e survivingExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	return survive.Try(ctx, func() error { return e.SpanExporter.ExportSpans(ctx, spans) })
}
