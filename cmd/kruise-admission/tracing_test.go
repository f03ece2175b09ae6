package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"go.opentelemetry.io/otel/trace"
)

// TestTracing runs the server beside a collector: the review that the API server traces arrives there as a span in the API server's trace,
// that which it does not trace leaves none, and nothing of the pod leaves the server.
func TestTracing(t *testing.T) {
	const traceID, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	bodies := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		bodies <- string(body)
	}))
	defer collector.Close()
	r := startServer(t, "--manifests", "testdata/hostile/manifests", "--tracing-endpoint", collector.Listener.Addr().String())
	r.waitReady(t) // the canary's reviews, too, are in no trace
	for _, flags := range []string{"00", "01"} {
		request, err := http.NewRequest(http.MethodPost, "https://"+r.addresses["webhooks"]+"/mutate-pod", strings.NewReader(hostileReview(t, nil)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Traceparent", "00-"+traceID+"-"+parent+"-"+flags)
		response, err := r.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
	if line := exemplar(t, r); !strings.Contains(line, `trace_id="`+traceID+`"`) || !strings.Contains(line, `endpoint="/mutate-pod"`) {
		t.Errorf("no bucket has the trace: %q", line)
	}
	r.stop() // delivers what is left
	if code := <-r.code; code != 0 {
		t.Errorf("exit code %d", code)
	}
	var body string
	select {
	case body = <-bodies:
	default:
		t.Fatal("the collector got nothing before the server ended")
	}
	var message struct {
		ResourceSpans []struct {
			ScopeSpans []struct {
				Spans []struct{ TraceID, ParentSpanID, Name string }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &message); err != nil {
		t.Fatal(err)
	}
	if len(message.ResourceSpans) != 1 || len(message.ResourceSpans[0].ScopeSpans) != 1 || len(message.ResourceSpans[0].ScopeSpans[0].Spans) != 1 || len(bodies) > 0 {
		t.Fatalf("want one span, got %s", body)
	}
	if span := message.ResourceSpans[0].ScopeSpans[0].Spans[0]; span.TraceID != traceID || span.ParentSpanID != parent {
		t.Errorf("the span is %+v, want it below the API server's", span)
	}
	for _, text := range []string{`"/mutate-pod"`, `"CREATE"`, `"patched"`, `"service.name"`} {
		if !strings.Contains(body, text) {
			t.Errorf("no %s in %s", text, body)
		}
	}
	for _, text := range []string{"TOKEN", "shop", "emptyDir"} {
		if strings.Contains(body, text) {
			t.Errorf("%s of the pod is in the trace: %s", text, body)
		}
	}
}

// exemplar scrapes a server as a Prometheus that stores exemplars does, and returns the first line of the duration of reviews that has one.
func exemplar(t *testing.T, r *running) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+r.addresses["metrics"]+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
	response, err := r.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "kruise_admission_review_duration_seconds_bucket{") && strings.Contains(line, " # {") {
			return line
		}
	}
	return ""
}

// TestTracingWithoutCollector: a collector that is not there disturbs nothing, not even the end, and the log says that spans are lost.
func TestTracingWithoutCollector(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	var logged strings.Builder
	log := funcr.New(func(_, args string) { logged.WriteString(args) }, funcr.Options{})
	tracer, deliver := newTracer(gone.Listener.Addr().String(), log)
	traced := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{1}, TraceFlags: trace.FlagsSampled})
	_, span := tracer.Start(trace.ContextWithRemoteSpanContext(t.Context(), traced), "review")
	span.End()
	deliver()
	if !strings.Contains(logged.String(), "spans are lost") {
		t.Errorf("the log is %q", logged.String())
	}
}

// TestNoTracing: by default there is no tracer, not one that does nothing.
func TestNoTracing(t *testing.T) {
	tracer, deliver := newTracer("", logr.Discard())
	deliver()
	if tracer != nil {
		t.Errorf("got %v", tracer)
	}
}

func TestTracingEndpoint(t *testing.T) {
	for endpoint, good := range map[string]bool{
		"localhost:4318": true, "[::1]:4318": true, "collector.observability:4318": true,
		"localhost": false, ":4318": false, "localhost:": false, "http://localhost:4318": false, "localhost:4318/v1/traces": false, "a b:1": false, "user@h:1": false, "h:x": false,
	} {
		if err := validTracingEndpoint(endpoint); (err == nil) != good {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}
