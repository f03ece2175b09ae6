package webhook

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// bodyTimeout is how long a body may take to arrive. An API server has it in memory when it sends the header.
const bodyTimeout = 5 * time.Second

// bodyRoom is the most that is made room for before it has come, in bytes: what most reviews have.
const bodyRoom = 16 << 10

// bodyTooLarge says that a body reached the cap.
type bodyTooLarge struct{ limit int64 }

func (b bodyTooLarge) Error() string {
	return fmt.Sprintf("the request body is too large: it must be below %d bytes", b.limit)
}

// readAtMost reads a body that must be shorter than limit bytes.
func readAtMost(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength >= limit {
		return nil, unread(w, bodyTooLarge{limit})
	}
	// A caller that trickles its body holds memory. Setting a deadline fails only where there is no connection
	// (httptest.ResponseRecorder).
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout))
	// What is announced is made room for at once, as far as it is cheap to announce it and never send it.
	body := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), bodyRoom)+bytes.MinRead))
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, limit-1))
	var reached *http.MaxBytesError
	if errors.As(err, &reached) {
		return nil, unread(w, bodyTooLarge{limit})
	}
	if err != nil {
		return nil, unread(w, fmt.Errorf("the request body cannot be read: %w", err))
	}
	// net/http goes on reading to notice that the caller has gone away, and would take the deadline for that.
	_ = connection.SetReadDeadline(time.Time{})
	return body.Bytes(), nil
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
