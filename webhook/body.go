package webhook

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// bodyTimeout is how long the rest of a body may take to arrive, once its beginning has. An API server has it in memory when it sends the header.
const bodyTimeout = 5 * time.Second

const (
	// bodyRoom is the most that is made room for before it has come, in bytes: what most reviews of pods have. Until the first byte comes, only
	// idleTimeout bounds the wait, so whoever announces a body and sends none must not hold much more than a connection that says nothing.
	bodyRoom = 4 << 10
	// mostBodyRoom is the most room that is kept for the next body, in bytes.
	mostBodyRoom = 256 << 10
)

// bodyTooLarge says that a body reached the cap.
type bodyTooLarge struct{ limit int64 }

func (b bodyTooLarge) Error() string {
	return fmt.Sprintf("the request body is too large: it must be below %d bytes", b.limit)
}

// readAtMost reads a body that must be shorter than limit bytes. Whoever knows that nothing refers to the body any more may [recycle] it.
func readAtMost(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength >= limit {
		return nil, unread(w, bodyTooLarge{limit})
	}
	budget, metered := w.(*exchange)
	body := roomFor(r.ContentLength)
	for hurried := false; ; {
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case metered && !budget.take(n):
			return nil, unread(w, errBodyMemory)
		case int64(len(body)) >= limit:
			return nil, unread(w, bodyTooLarge{limit})
		case err == io.EOF:
			if hurried {
				// net/http goes on reading to notice that the caller has gone away, and would take the deadline for that.
				_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
			}
			return body, nil
		case err != nil:
			return nil, unread(w, fmt.Errorf("the request body cannot be read: %w", err))
		case len(body) == cap(body):
			body = append(body, 0)[:len(body)]
		}
		// Most bodies are there whole, with the end that the next call finds. A caller that trickles its body holds memory. Setting a deadline fails
		// only where there is no connection (httptest.ResponseRecorder).
		if !hurried && int64(len(body)) != r.ContentLength {
			hurried = true
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
		}
	}
}

// bodyRooms holds room for bodies.
var bodyRooms sync.Pool

// roomFor makes room for what is announced at once, as far as it is cheap to announce it and never send it. There is always room for one byte
// more, so that the end is found without growing.
func roomFor(announced int64) []byte {
	if room, ok := bodyRooms.Get().(*[]byte); ok {
		return *room
	}
	return make([]byte, 0, min(max(announced, 0), bodyRoom)+512)
}

// recycle lets another request have the room of a body. To refer to a body that was recycled is to read another one, so it is wiped: a rule that
// does it by mistake decides nothing by what it finds, as long as no other request has come.
func recycle(body []byte) {
	if cap(body) > mostBodyRoom {
		return
	}
	clear(body)
	body = body[:0]
	bodyRooms.Put(&body)
}

// unread ends the connection with the answer, because the rest of the body is still on it.
func unread(w http.ResponseWriter, err error) error {
	w.Header().Set("Connection", "close")
	return err
}

func bodyErrorStatus(err error) int {
	switch {
	case errors.As(err, &bodyTooLarge{}):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, errBodyMemory):
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
