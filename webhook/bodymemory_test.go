package webhook

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// servedWith runs the handlers of the endpoint table, with one slot and so many bytes for bodies.
func servedWith(t *testing.T, bytes int64) (*httptest.Server, *bodyMemory) {
	t.Helper()
	return servedWithRule(t, bytes, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
}

func servedWithRule(t *testing.T, bytes int64, allow decision.ReviewerFunc) (*httptest.Server, *bodyMemory) {
	t.Helper()
	server := NewServer(ServerOptions{Log: logr.Discard()})
	server.memory = newBodyMemory(bytes)
	handlers := Handlers(HandlerOptions{
		Rules: rulesOf(allow), Ready: func() error { return nil }, MaxInFlight: 1, Registry: prometheus.NewRegistry(), Log: logr.Discard(),
	})
	server.Register("/mutate-pod", handlers["/mutate-pod"])
	server.Register(ConvertPath, NewConvertHandler(nil, logr.Discard()))
	ts := httptest.NewServer(server)
	t.Cleanup(ts.Close)
	return ts, server.memory
}

// begin sends the header of a request and the beginning of its body, and keeps the rest.
func begin(t *testing.T, ts *httptest.Server, body string, part int) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", ts.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	_, err = fmt.Fprintf(connection, "POST /mutate-pod HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:part])
	if err != nil {
		t.Fatal(err)
	}
	return connection
}

// until polls, and fails the test after a minute.
func until(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it has not happened after a minute")
		}
	}
}

// TestBodiesShareMemory holds a body back: others are turned away while there is no room, with the advice to come again, and served when
// there is.
func TestBodiesShareMemory(t *testing.T) {
	long := podReview + strings.Repeat(" ", 4096)
	ts, memory := servedWith(t, int64(len(long)+100))
	connection := begin(t, ts, long, len(long)-1)
	until(t, func() bool { return memory.free.Load() <= 101 })
	for _, path := range []string{"/mutate-pod", ConvertPath} {
		response, _ := post(t, ts.URL+path, podReview)
		if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") != "1" || !response.Close {
			t.Errorf("%s: HTTP %d, Retry-After %q, close %v; want 503, 1, true", path, response.StatusCode, response.Header.Get("Retry-After"), response.Close)
		}
	}
	if _, err := io.WriteString(connection, " "); err != nil {
		t.Fatal(err)
	}
	if response, err := http.ReadResponse(bufio.NewReader(connection), nil); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("the body that was held back: %v, %v; want 200", response, err)
	}
	until(t, func() bool { return memory.free.Load() == int64(len(long)+100) }) // released after the answer
	if response, _ := post(t, ts.URL+"/mutate-pod", podReview); response.StatusCode != http.StatusOK {
		t.Errorf("with room again: HTTP %d, want 200", response.StatusCode)
	}
}

// TestUnsentBodiesTakeNothing announces bodies and sends a byte of each: neither the only slot nor memory is taken by them.
func TestUnsentBodiesTakeNothing(t *testing.T) {
	ts, memory := servedWith(t, 1<<20)
	huge := podReview + strings.Repeat(" ", 1<<20-len(podReview))
	for range 10 {
		begin(t, ts, huge, 1)
	}
	until(t, func() bool { return memory.free.Load() <= 1<<20-10 })
	if response, answer := post(t, ts.URL+"/mutate-pod", podReview); response.StatusCode != http.StatusOK {
		t.Errorf("HTTP %d %v, want 200", response.StatusCode, answer)
	}
}

// TestLongAnswersShareMemory: a caller that asks for a long answer and does not read it holds it, so it counts; a short one does not.
func TestLongAnswersShareMemory(t *testing.T) {
	var length atomic.Int64
	ts, memory := servedWithRule(t, 1<<20, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.AllowWithPatch([]decision.Operation{decision.Add("/x", []byte(`"`+strings.Repeat("x", int(length.Load()))+`"`))}), nil
	})
	for _, test := range []struct{ length, status int }{
		{mostAnswerRoom / 2, http.StatusOK}, {mostAnswerRoom, http.StatusOK}, {1 << 20, http.StatusServiceUnavailable}, {mostAnswerRoom, http.StatusOK},
	} {
		length.Store(int64(test.length))
		response, _ := post(t, ts.URL+"/mutate-pod", podReview)
		if response.StatusCode != test.status || (test.status != http.StatusOK) != (response.Header.Get("Retry-After") == "1") {
			t.Errorf("an answer of %d bytes: HTTP %d, Retry-After %q; want %d", test.length, response.StatusCode, response.Header.Get("Retry-After"), test.status)
		}
		until(t, func() bool { return memory.free.Load() == 1<<20 })
	}
}
