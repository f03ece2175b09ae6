package webhook

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// maxBodyMemory bounds the bytes of all bodies that are held at once. The in-flight cap alone does not protect the process: as many bodies
// as it admits, each just below its own limit, are several times the memory that a pod has. A body costs about four times its size
// until it is answered, and the install manifests give 256 MiB.
const maxBodyMemory = 64 << 20

// errBodyMemory says that the bodies of other requests leave no room for this one. It passes.
var errBodyMemory = errors.New("too much is being received at once")

// bodyMemory is what is left for bodies.
type bodyMemory struct{ free atomic.Int64 }

func newBodyMemory(bytes int64) *bodyMemory {
	m := &bodyMemory{}
	m.free.Store(bytes)
	return m
}

// meter returns the request with a body that counts as it is read: what a caller announces and never sends takes nothing. release gives
// back what was taken. The request is copied, because net/http looks at the body of the original to end the connection without a reset.
func (m *bodyMemory) meter(r *http.Request) (metered *http.Request, release func()) {
	body := &meteredBody{ReadCloser: r.Body, memory: m}
	metered = r.WithContext(r.Context())
	metered.Body = body
	return metered, func() { m.free.Add(body.taken) }
}

type meteredBody struct {
	io.ReadCloser
	memory *bodyMemory
	taken  int64
}

// Read implements io.Reader.
func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.taken += int64(n)
	if b.memory.free.Add(-int64(n)) < 0 {
		return n, errBodyMemory
	}
	return n, err
}
