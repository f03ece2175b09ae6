package webhook

import "net/http"

// exchange is one request and its answer.
//
// The answer ends the connection when it is given while the server drains, or when the connection is old. That is looked at when the answer
// begins and not when the review comes: a review may still be decided when the order to stop arrives, and a connection that its answer
// leaves open is one on which the API server sends the next review.
//
// The body counts as it is read ([readAtMost]): what a caller announces and never sends takes nothing.
type exchange struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	begun   bool
	taken   int64 // bytes of the body, and of a long answer
}

// begin is called before the header goes out.
func (e *exchange) begin() {
	if e.begun {
		return
	}
	e.begun = true
	select {
	case <-e.server.draining:
		e.Header().Set("Connection", "close")
	default:
		if outlived(e.request.Context()) {
			e.Header().Set("Connection", "close")
		}
	}
}

// end is called when the handler has returned, which may have left the whole answer to net/http.
func (e *exchange) end() {
	e.begin()
	e.server.memory.free.Add(e.taken)
}

// take takes bytes for the body or the answer, and says whether there was room for them.
func (e *exchange) take(bytes int) bool {
	e.taken += int64(bytes)
	return e.server.memory.free.Add(-int64(bytes)) >= 0
}

// WriteHeader implements http.ResponseWriter.
func (e *exchange) WriteHeader(status int) {
	e.begin()
	e.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (e *exchange) Write(content []byte) (int, error) {
	e.begin()
	return e.ResponseWriter.Write(content)
}

// Unwrap is for http.ResponseController.
func (e *exchange) Unwrap() http.ResponseWriter { return e.ResponseWriter }
