package webhook

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestEveryAnswerWhileDrainingEndsItsConnection: of whatever kind it is, and also when the order to stop comes while it is being decided.
func TestEveryAnswerWhileDrainingEndsItsConnection(t *testing.T) {
	server := NewServer(ServerOptions{})
	server.Register("/body", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }))
	server.Register("/status", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", http.StatusServiceUnavailable) }))
	server.Register("/nothing", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Register("/controlled", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
			t.Errorf("the connection cannot be reached: %v", err)
		}
	}))
	server.Register("/stop", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-server.draining:
		default:
			close(server.draining)
		}
		_, _ = io.WriteString(w, "x")
	}))
	listening := httptest.NewServer(server)
	defer listening.Close()
	closes := func(path string) bool {
		t.Helper()
		response, err := http.Get(listening.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.Close
	}
	paths := []string{"/body", "/status", "/nothing", "/controlled", "/unknown"}
	for _, path := range paths {
		if closes(path) {
			t.Errorf("%s: its answer ends the connection although nobody has said to stop", path)
		}
	}
	for _, path := range append([]string{"/stop"}, paths...) {
		if !closes(path) {
			t.Errorf("%s: its answer leaves the connection open", path)
		}
	}
}
