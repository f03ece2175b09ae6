package installation

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// Balancer stands in for kube-proxy: it takes connections on one port of loopback and leads each to a replica that is
// ready at that moment. A connection that is open stays with its replica, ready or not, until one of its ends closes it.
type Balancer struct {
	listener net.Listener
	next     atomic.Uint64

	mutex    sync.Mutex
	backends []backend
}

type backend struct {
	address string
	ready   func() bool
}

// NewBalancer listens on a free port of loopback until Close.
func NewBalancer() (*Balancer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &Balancer{listener: listener}
	go b.accept()
	return b, nil
}

// Port is the port that the balancer listens on.
func (b *Balancer) Port() int32 { return int32(b.listener.Addr().(*net.TCPAddr).Port) }

// Close stops accepting; open connections go on.
func (b *Balancer) Close() error { return b.listener.Close() }

// add adds a replica; ready is asked at each new connection.
func (b *Balancer) add(address string, ready func() bool) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.backends = append(b.backends, backend{address, ready})
}

func (b *Balancer) accept() {
	for {
		connection, err := b.listener.Accept()
		if err != nil {
			return
		}
		go b.lead(connection)
	}
}

// choose returns the address of the next replica that is ready.
func (b *Balancer) choose() (string, bool) {
	b.mutex.Lock()
	backends := b.backends
	b.mutex.Unlock()
	start := b.next.Add(1)
	for i := range backends {
		candidate := backends[(start+uint64(i))%uint64(len(backends))]
		if candidate.ready() {
			return candidate.address, true
		}
	}
	return "", false
}

func (b *Balancer) lead(caller net.Conn) {
	defer func() { _ = caller.Close() }()
	address, ok := b.choose()
	if !ok {
		return // as a Service without endpoints: the connection is refused
	}
	replica, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = replica.Close() }()
	done := make(chan struct{}, 2)
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		if half, ok := to.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
		done <- struct{}{}
	}
	go carry(replica, caller)
	go carry(caller, replica)
	<-done
	<-done
}
