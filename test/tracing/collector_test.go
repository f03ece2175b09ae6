package tracing

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	collectorv1 "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
)

// collector is an OpenTelemetry collector: API servers send it spans by gRPC, and this product by HTTP.
type collector struct {
	collectorv1.UnimplementedTraceServiceServer
	grpcAddress, httpAddress string

	mutex    sync.Mutex
	grpc     []*tracev1.Span
	http     []*tracev1.Span
	services map[string]bool // the names of the services that send by HTTP
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{services: map[string]bool{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.grpcAddress = listener.Addr().String()
	server := grpc.NewServer()
	collectorv1.RegisterTraceServiceServer(server, c)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	overHTTP := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := c.receive(r); err != nil {
			t.Error(err)
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	t.Cleanup(overHTTP.Close)
	c.httpAddress = overHTTP.Listener.Addr().String()
	return c
}

// Export takes spans over gRPC.
func (c *collector) Export(_ context.Context, request *collectorv1.ExportTraceServiceRequest) (*collectorv1.ExportTraceServiceResponse, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.grpc = append(c.grpc, spansOf(request)...)
	return &collectorv1.ExportTraceServiceResponse{}, nil
}

// receive takes spans over HTTP. The JSON is read as strictly as protobuf can: an unknown member is an error. OTLP differs from protobuf's
// JSON in ids, which are hexadecimal; [hexID] gives them back.
func (c *collector) receive(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	request := &collectorv1.ExportTraceServiceRequest{}
	if err := protojson.Unmarshal(body, request); err != nil {
		return fmt.Errorf("%s is no message of OTLP: %w", body, err)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.http = append(c.http, spansOf(request)...)
	for _, of := range request.GetResourceSpans() {
		for _, attribute := range of.GetResource().GetAttributes() {
			if attribute.GetKey() == "service.name" {
				c.services[attribute.GetValue().GetStringValue()] = true
			}
		}
	}
	return nil
}

func spansOf(request *collectorv1.ExportTraceServiceRequest) (spans []*tracev1.Span) {
	for _, resource := range request.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			spans = append(spans, scope.GetSpans()...)
		}
	}
	return spans
}
