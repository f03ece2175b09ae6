package otlp

import (
	"fmt"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// The messages of opentelemetry/proto/collector/trace/v1, as far as this program fills them. In JSON ids are hexadecimal, enumerations are
// numbers and 64-bit integers are texts.
type (
	traces struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"`
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`
		ScopeSpans []scopeSpans `json:"scopeSpans"`
	}
	resource struct {
		Attributes []keyValue `json:"attributes"`
	}
	scopeSpans struct {
		Scope scope  `json:"scope"`
		Spans []span `json:"spans"`
	}
	scope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	span struct {
		TraceID           string     `json:"traceId"`
		SpanID            string     `json:"spanId"`
		TraceState        string     `json:"traceState,omitempty"`
		ParentSpanID      string     `json:"parentSpanId,omitempty"`
		Flags             uint32     `json:"flags"`
		Name              string     `json:"name"`
		Kind              int        `json:"kind"`
		StartTimeUnixNano string     `json:"startTimeUnixNano"`
		EndTimeUnixNano   string     `json:"endTimeUnixNano"`
		Attributes        []keyValue `json:"attributes"`
		Status            status     `json:"status"`
	}
	status struct {
		Code    int    `json:"code,omitempty"`
		Message string `json:"message,omitempty"`
	}
	keyValue struct {
		Key   string         `json:"key"`
		Value map[string]any `json:"value"`
	}
)

// Bits 8 and 9 of the flags of a span: whether it is known if the parent is remote, and whether it is.
const (
	parentKnown  = 0x100
	parentRemote = 0x200
)

// encode puts spans into a message. All are of one tracer, so the first says for all which resource and scope they have.
func encode(spans []sdktrace.ReadOnlySpan) traces {
	if len(spans) == 0 {
		return traces{ResourceSpans: []resourceSpans{}}
	}
	of := scopeSpans{Scope: scope{Name: spans[0].InstrumentationScope().Name, Version: spans[0].InstrumentationScope().Version}}
	for _, s := range spans {
		of.Spans = append(of.Spans, encodeSpan(s))
	}
	return traces{ResourceSpans: []resourceSpans{{
		Resource:   resource{Attributes: encodeAttributes(spans[0].Resource().Attributes())},
		ScopeSpans: []scopeSpans{of},
	}}}
}

func encodeSpan(s sdktrace.ReadOnlySpan) span {
	own, parent := s.SpanContext(), s.Parent()
	encoded := span{
		TraceID:           own.TraceID().String(),
		SpanID:            own.SpanID().String(),
		TraceState:        own.TraceState().String(),
		Flags:             uint32(own.TraceFlags()) | parentKnown,
		Name:              s.Name(),
		Kind:              kind(s.SpanKind()),
		StartTimeUnixNano: nanoseconds(s.StartTime()),
		EndTimeUnixNano:   nanoseconds(s.EndTime()),
		Attributes:        encodeAttributes(s.Attributes()),
		Status:            encodeStatus(s.Status()),
	}
	if parent.HasSpanID() {
		encoded.ParentSpanID = parent.SpanID().String()
	}
	if parent.IsRemote() {
		encoded.Flags |= parentRemote
	}
	return encoded
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

// kind is the number of SpanKind: INTERNAL 1, SERVER 2, and so on, in the order of the SDK.
func kind(k trace.SpanKind) int { return int(trace.ValidateSpanKind(k)) }

// encodeStatus: in the SDK Error comes before Ok, in OTLP after it.
func encodeStatus(s sdktrace.Status) status {
	switch s.Code {
	case otelcodes.Ok:
		return status{Code: 1}
	case otelcodes.Error:
		return status{Code: 2, Message: s.Description}
	}
	return status{}
}

func encodeAttributes(attributes []attribute.KeyValue) []keyValue {
	encoded := make([]keyValue, len(attributes))
	for i, a := range attributes {
		encoded[i] = keyValue{Key: string(a.Key), Value: encodeValue(a.Value)}
	}
	return encoded
}

// encodeValue encodes a single value as what it is; a list becomes the text that it has in logs.
func encodeValue(value attribute.Value) map[string]any {
	switch value.Type() {
	case attribute.BOOL:
		return map[string]any{"boolValue": value.AsBool()}
	case attribute.INT64:
		return map[string]any{"intValue": strconv.FormatInt(value.AsInt64(), 10)}
	case attribute.FLOAT64:
		return map[string]any{"doubleValue": value.AsFloat64()}
	case attribute.STRING:
		return map[string]any{"stringValue": value.AsString()}
	}
	return map[string]any{"stringValue": fmt.Sprint(value.AsInterface())}
}
