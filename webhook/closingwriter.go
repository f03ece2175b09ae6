package webhook

import (
	"context"
	"net/http"
)

// closingWriter ends the connection with an answer that is given while the server drains, or when the connection is old. It looks when the answer
// begins and not when the review comes: a review may still be decided when the order to stop arrives, and a connection that its answer
// leaves open is one on which the API server sends the next review.
type closingWriter struct {
	http.ResponseWriter
	connection context.Context
	draining   <-chan struct{}
	begun      bool
}

// begin is called before the header goes out.
func (a *closingWriter) begin() {
	if a.begun {
		return
	}
	a.begun = true
	select {
	case <-a.draining:
		a.Header().Set("Connection", "close")
	default:
		if outlived(a.connection) {
			a.Header().Set("Connection", "close")
		}
	}
}

// WriteHeader implements http.ResponseWriter.
func (a *closingWriter) WriteHeader(status int) {
	a.begin()
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *closingWriter) Write(content []byte) (int, error) {
	a.begin()
	return a.ResponseWriter.Write(content)
}

// Unwrap is for http.ResponseController.
func (a *closingWriter) Unwrap() http.ResponseWriter { return a.ResponseWriter }
