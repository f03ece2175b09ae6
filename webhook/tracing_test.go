package webhook

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

const (
	callersTrace = "0af7651916cd43dd8448eb211c80319c"
	callersSpan  = "b7ad6b7169203331"
	traced       = "00-" + callersTrace + "-" + callersSpan + "-01"
	notTraced    = "00-" + callersTrace + "-" + callersSpan + "-00"
)

// recordSpans makes a tracer as the server has it, which leaves the choice of traces to the caller, and records what it ends.
func recordSpans() (trace.Tracer, *tracetest.SpanRecorder) {
	recorder := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder), sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample())))
	return provider.Tracer("test"), recorder
}

// postIn posts a review in a trace and waits for the answer.
func postIn(t *testing.T, url, traceparent, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", traceparent)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	readJSON(t, response)
}

// TestSpans: there is one span a review, below that of the API server, which says what became of it and nothing of the object.
func TestSpans(t *testing.T) {
	const secret = "hunter2"
	for _, test := range []struct {
		name, traceparent, body string
		rule                    decision.ReviewerFunc
		want                    map[string]string
		status                  otelcodes.Code
	}{
		{name: "allowed", traceparent: traced, body: podReview, rule: answers(decision.Allow(), nil),
			want: map[string]string{"operation": "CREATE", "decision": "allowed", "reason": ""}},
		{name: "patched", traceparent: traced, body: podReview,
			rule: answers(decision.AllowWithPatch([]decision.Operation{decision.Add("/spec", json.RawMessage(`"`+secret+`"`))}), nil),
			want: map[string]string{"operation": "CREATE", "decision": "patched", "reason": ""}},
		{name: "refused", traceparent: traced, body: podReview, rule: answers(decision.Forbid(secret), nil),
			want: map[string]string{"operation": "CREATE", "decision": "refused", "reason": "Forbidden"}},
		{name: "cannot tell", traceparent: traced, body: podReview, rule: answers(decision.Decision{}, decision.CannotTell(secret)),
			want: map[string]string{"operation": "CREATE", "decision": "unable", "reason": "CannotTell"}, status: otelcodes.Error},
		{name: "panic", traceparent: traced, body: podReview,
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) { panic(secret) },
			want: map[string]string{"operation": "CREATE", "decision": "unable", "reason": "Panic"}, status: otelcodes.Error},
		{name: "unreadable", traceparent: traced, body: secret, rule: answers(decision.Allow(), nil),
			want: map[string]string{"decision": "unreadable"}},
		{name: "an operation that is none", traceparent: traced, body: strings.Replace(podReview, "CREATE", secret, 1), rule: answers(decision.Allow(), nil),
			want: map[string]string{"operation": "other", "decision": "allowed", "reason": ""}},
		{name: "the caller does not trace", traceparent: notTraced, body: podReview, rule: answers(decision.Allow(), nil)},
		{name: "no caller named", body: podReview, rule: answers(decision.Allow(), nil)},
		{name: "a header that is none", traceparent: secret, body: podReview, rule: answers(decision.Allow(), nil)},
	} {
		t.Run(test.name, func(t *testing.T) {
			tracer, recorder := recordSpans()
			var below trace.SpanContext
			ts, _ := serve(t, func(ctx context.Context, r *admissionv1.AdmissionRequest) (decision.Decision, error) {
				below = trace.SpanContextFromContext(ctx)
				return test.rule(ctx, r)
			}, func(o *HandlerOptions) { o.Tracer = tracer })
			body := strings.Replace(podReview, `{"metadata":{"name":"p"}}`, `{"spec":{"containers":[{"env":[{"name":"A","value":"`+secret+`"}]}]}}`, 1)
			postIn(t, ts.URL+"/mutate-pod", test.traceparent, strings.Replace(test.body, podReview, body, 1))
			ts.Close() // waits for the handler, which ends the span after the answer
			spans := recorder.Ended()
			if test.want == nil {
				if len(spans) > 0 {
					t.Errorf("%d spans were recorded, want none", len(spans))
				}
				return
			}
			if len(spans) != 1 {
				t.Fatalf("%d spans were recorded, want one", len(spans))
			}
			span := spans[0]
			if parent := span.Parent(); parent.TraceID().String() != callersTrace || parent.SpanID().String() != callersSpan || !parent.IsRemote() {
				t.Errorf("the span is below %s %s, want it below the caller's", parent.TraceID(), parent.SpanID())
			}
			if below.IsValid() && below.SpanID() != span.SpanContext().SpanID() {
				t.Errorf("the rule works in span %s, want %s", below.SpanID(), span.SpanContext().SpanID())
			}
			got := map[string]string{}
			for _, a := range span.Attributes() {
				got[strings.TrimPrefix(string(a.Key), "kruise_admission.")] = a.Value.Emit()
			}
			test.want["endpoint"] = "/mutate-pod"
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if span.Name() != "review" || span.SpanKind() != trace.SpanKindServer || span.Status() != (sdktrace.Status{Code: test.status}) || len(span.Events()) > 0 {
				t.Errorf("the span is %q, kind %s, status %v, with %d events", span.Name(), span.SpanKind(), span.Status(), len(span.Events()))
			}
		})
	}
}

// TestShedReviewsAreTraced: the span of a review that there was no room for says so.
func TestShedReviewsAreTraced(t *testing.T) {
	tracer, recorder := recordSpans()
	inside, leave := make(chan struct{}), make(chan struct{})
	ts, _ := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		close(inside)
		<-leave
		return decision.Allow(), nil
	}, func(o *HandlerOptions) { o.Tracer, o.MaxInFlight = tracer, 1 })
	first := make(chan struct{})
	go func() {
		defer close(first)
		response, err := http.Post(ts.URL+"/mutate-pod", "application/json", strings.NewReader(podReview)) // not traced
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	<-inside
	postIn(t, ts.URL+"/mutate-pod", traced, podReview)
	close(leave)
	<-first
	ts.Close()
	spans := recorder.Ended()
	if len(spans) != 1 || spans[0].Status().Code != otelcodes.Error {
		t.Fatalf("%d spans, want one with an error", len(spans))
	}
	if attributes := spans[0].Attributes(); attributes[len(attributes)-1].Value.AsString() != outcomeShed {
		t.Errorf("attributes are %v, want the decision %s", attributes, outcomeShed)
	}
}

// TestExemplars: from a bucket of the duration one finds the trace of a review that fell into it.
func TestExemplars(t *testing.T) {
	tracer, _ := recordSpans()
	ts, registry := serve(t, answers(decision.Allow(), nil), func(o *HandlerOptions) { o.Tracer = tracer })
	exemplars := func() string {
		request := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		request.Header.Set("Accept", "application/openmetrics-text; version=1.0.0")
		recorder := httptest.NewRecorder()
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(recorder, request)
		text, err := io.ReadAll(recorder.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	postIn(t, ts.URL+"/mutate-pod", notTraced, podReview)
	if text := exemplars(); strings.Contains(text, "trace_id") {
		t.Errorf("a review that is not traced left an exemplar:\n%s", text)
	}
	postIn(t, ts.URL+"/mutate-pod", traced, podReview)
	if text := exemplars(); !strings.Contains(text, `trace_id="`+callersTrace+`"`) {
		t.Errorf("the trace is in no bucket:\n%s", text)
	}
}

// answers is a rule that always says the same.
func answers(d decision.Decision, err error) decision.ReviewerFunc {
	return func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) { return d, err }
}

// BenchmarkHandler is what a review costs around its rule: without a tracer, with one and a caller that is not traced, and traced.
func BenchmarkHandler(b *testing.B) {
	discarding := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.NeverSample()))).Tracer("test")
	for _, bench := range []struct {
		name, traceparent string
		tracer            trace.Tracer
	}{{"no tracer", traced, nil}, {"not traced", notTraced, discarding}, {"traced", traced, discarding}} {
		b.Run(bench.name, func(b *testing.B) {
			handler := Handlers(HandlerOptions{
				Rules: rulesOf(answers(decision.Allow(), nil)), Ready: func() error { return nil },
				Registry: prometheus.NewRegistry(), Tracer: bench.tracer, Log: logr.Discard(),
			})["/mutate-pod"]
			b.ReportAllocs()
			for b.Loop() {
				request := httptest.NewRequest(http.MethodPost, "/mutate-pod", strings.NewReader(podReview))
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Traceparent", bench.traceparent)
				handler.ServeHTTP(httptest.NewRecorder(), request)
			}
		})
	}
}
