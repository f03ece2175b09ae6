package webhook

import (
	"errors"
	"sync/atomic"
)

// maxBodyMemory bounds the bytes of all bodies, and of long answers, that are held at once. The in-flight cap alone does not protect the process:
// as many bodies as it admits, each just below its own limit, are several times the memory that a pod has. A body costs about four times its size
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
