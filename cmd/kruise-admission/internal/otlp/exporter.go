// Package otlp delivers spans to an OpenTelemetry collector by OTLP over HTTP in its JSON encoding (OTLP specification 1.x, "OTLP/HTTP" and
// "JSON Protobuf Encoding"), which every collector accepts on the same port as the binary one.
//
// It exists because OpenTelemetry's own exporters, the one for HTTP included, link gRPC: measured with version 1.43.0, they make the binary
// 23 MB larger (38.6 to 61.6 MB) for what is one POST here. The spans themselves come from OpenTelemetry's SDK.
package otlp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// Exporter posts spans. It implements the SpanExporter of the SDK.
type Exporter struct {
	url    string
	client *http.Client
}

var _ sdktrace.SpanExporter = (*Exporter)(nil)

// NewExporter makes an exporter for the collector at endpoint, host:port, without TLS. It does not connect.
func NewExporter(endpoint string) *Exporter {
	return &Exporter{
		url: "http://" + endpoint + "/v1/traces",
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConns: 1},
			// A collector that sends us elsewhere is misconfigured, or none.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// ExportSpans implements SpanExporter. Spans that cannot be delivered are lost: a trace is no reason to keep memory.
func (e *Exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	body, err := json.Marshal(encode(spans))
	if err != nil {
		return fmt.Errorf("encode %d spans: %w", len(spans), err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("deliver %d spans: %w", len(spans), err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return fmt.Errorf("deliver %d spans: %w", len(spans), err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.CopyN(io.Discard, response.Body, 64<<10) // only so that the connection can be used again
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("deliver %d spans: %s answered HTTP %d", len(spans), e.url, response.StatusCode)
	}
	return nil
}

// Shutdown implements SpanExporter.
func (e *Exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
