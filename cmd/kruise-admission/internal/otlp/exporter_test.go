package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkresource "go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// spans are one with everything and one with nothing.
func spans() []sdktrace.ReadOnlySpan {
	state, err := trace.ParseTraceState("vendor=1")
	if err != nil {
		panic(err)
	}
	at := time.Unix(1700000000, 42)
	return tracetest.SpanStubs{{
		Name: "review",
		SpanContext: trace.NewSpanContext(trace.SpanContextConfig{
			TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{0xcd, 7: 2}, TraceFlags: trace.FlagsSampled, TraceState: state,
		}),
		Parent:    trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{0xab, 15: 1}, SpanID: trace.SpanID{7: 3}, Remote: true}),
		SpanKind:  trace.SpanKindServer,
		StartTime: at,
		EndTime:   at.Add(time.Millisecond),
		Attributes: []attribute.KeyValue{
			attribute.String("text", `a "quoted" text`), attribute.Int64("number", 9007199254740993), attribute.Bool("condition", false),
			attribute.Float64("fraction", 0.5), attribute.StringSlice("list", []string{"a", "b"}),
		},
		Status:               sdktrace.Status{Code: otelcodes.Error, Description: "failed"},
		Resource:             sdkresource.NewSchemaless(attribute.String("service.name", "s")),
		InstrumentationScope: instrumentation.Scope{Name: "scope", Version: "v1"},
	}, {StartTime: at, EndTime: at, Status: sdktrace.Status{Code: otelcodes.Ok}}}.Snapshots()
}

// TestExportSpans: the collector gets the message that the OTLP specification describes.
func TestExportSpans(t *testing.T) {
	var got any
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %s %s with %s", r.Method, r.URL, r.Header.Get("Content-Type"))
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
	}))
	defer collector.Close()
	exporter := NewExporter(collector.Listener.Addr().String())
	if err := exporter.ExportSpans(t.Context(), spans()); err != nil {
		t.Fatal(err)
	}
	if err := exporter.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal([]byte(`{"resourceSpans":[{
		"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},
		"scopeSpans":[{"scope":{"name":"scope","version":"v1"},"spans":[
			{"traceId":"ab000000000000000000000000000001","spanId":"cd00000000000002","parentSpanId":"0000000000000003","traceState":"vendor=1",
			"flags":769,"name":"review","kind":2,"startTimeUnixNano":"1700000000000000042","endTimeUnixNano":"1700000000001000042","attributes":[
				{"key":"text","value":{"stringValue":"a \"quoted\" text"}},{"key":"number","value":{"intValue":"9007199254740993"}},
				{"key":"condition","value":{"boolValue":false}},{"key":"fraction","value":{"doubleValue":0.5}},
				{"key":"list","value":{"stringValue":"[a b]"}}],
			"status":{"code":2,"message":"failed"}},
			{"traceId":"00000000000000000000000000000000","spanId":"0000000000000000","flags":256,"name":"","kind":1,
			"startTimeUnixNano":"1700000000000000042","endTimeUnixNano":"1700000000000000042","attributes":[],"status":{"code":1}}]}]}]}`), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUndeliverableSpans: whatever the collector does, there is an error soon and nothing else.
func TestUndeliverableSpans(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, test := range []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"an error", "answered HTTP 503", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }},
		{"another place", "answered HTTP 307", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
		}},
		{"no HTTP", "malformed", func(w http.ResponseWriter, _ *http.Request) {
			connection, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = io.WriteString(connection, "what?\n\n")
				_ = connection.Close()
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			collector := httptest.NewServer(test.handler)
			defer collector.Close()
			err := NewExporter(collector.Listener.Addr().String()).ExportSpans(t.Context(), spans())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	if elsewhere > 0 {
		t.Error("spans were sent where the collector pointed")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := NewExporter(other.Listener.Addr().String()).ExportSpans(ctx, spans()); !errors.Is(err, context.Canceled) {
		t.Errorf("after the deadline: %v", err)
	}
	if err := NewExporter("a b:1").ExportSpans(t.Context(), spans()); err == nil {
		t.Error("an endpoint that is none is taken")
	}
}
