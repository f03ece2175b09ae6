package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"
)

const (
	// DefaultDrainDelay is how long a server goes on serving after it was told to stop: long enough for every kube-proxy
	// and API server to take the terminating endpoint out.
	DefaultDrainDelay = 10 * time.Second
	// DefaultShutdownGrace is how long reviews that are in flight after the drain delay may still take.
	DefaultShutdownGrace = 10 * time.Second

	// DefaultConnectionLifetime is about how long a connection is kept: its reviews do not move to a new replica before.
	DefaultConnectionLifetime = 5 * time.Minute

	// idleTimeout is how long a connection may say nothing. The API server closes its idle connections after 90 s, and it must be the
	// one that closes, because it does not send a POST again that meets a closed connection.
	//
	// The same time holds for a header, because net/http counts that from the handshake on: an API server that opens two connections
	// and finds a use for only one keeps the other in its pool, and a shorter timeout would close it there, just when it is used.
	// Whoever sends a header slowly gains nothing by it: a connection that says nothing costs as much.
	idleTimeout    = 5 * time.Minute
	writeTimeout   = 60 * time.Second // counts from the end of the header, so it includes the review's own deadline
	maxHeaderBytes = 64 << 10
)

// ServerOptions configure a [Server].
type ServerOptions struct {
	// Listener accepts the connections; TLS is added by the server. Required.
	Listener net.Listener
	// GetCertificate gives the serving certificate of each handshake. Required.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// MinTLSVersion is the least version of TLS, tls.VersionTLS12 or more. Zero means tls.VersionTLS13.
	MinTLSVersion uint16
	// DrainDelay is how long to go on serving after the context of Start ended. Zero shuts down at once.
	DrainDelay time.Duration
	// ShutdownGrace is how long reviews in flight may take after the drain delay. Zero means DefaultShutdownGrace.
	ShutdownGrace time.Duration
	// ConnectionLifetime is about how long a connection is kept; see connectionAge. Zero means DefaultConnectionLifetime.
	ConnectionLifetime time.Duration
	// Log reports start, drain and stop, and what net/http has to say.
	Log logr.Logger
}

// Server serves webhook paths over TLS. It implements controller-runtime's webhook.Server.
type Server struct {
	options ServerOptions
	mux     *http.ServeMux
	memory  *bodyMemory

	mu     sync.RWMutex
	routes map[string]http.Handler

	started  chan struct{}
	draining chan struct{}

	idleTimeout time.Duration // shorter in tests
}

var _ ctrlwebhook.Server = &Server{}

// NewServer returns a server without paths; see [Server.Register].
func NewServer(options ServerOptions) *Server {
	if options.ShutdownGrace == 0 {
		options.ShutdownGrace = DefaultShutdownGrace
	}
	if options.MinTLSVersion == 0 {
		options.MinTLSVersion = tls.VersionTLS13
	}
	if options.ConnectionLifetime == 0 {
		options.ConnectionLifetime = DefaultConnectionLifetime
	}
	return &Server{
		options:  options,
		mux:      http.NewServeMux(),
		memory:   newBodyMemory(maxBodyMemory),
		routes:   map[string]http.Handler{},
		started:  make(chan struct{}),
		draining: make(chan struct{}),

		idleTimeout: idleTimeout,
	}
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: every replica serves.
func (s *Server) NeedLeaderElection() bool { return false }

// Register serves exactly this path with handler, with no redirects and no subtree. Registering a path twice panics, as
// with http.ServeMux, because it is a mistake in the program.
func (s *Server) Register(path string, handler http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.routes[path]; taken {
		panic(fmt.Sprintf("webhook path %q is registered twice", path))
	}
	s.routes[path] = handler
}

// WebhookMux is the mux behind the registered paths, for handlers that users of controller-runtime add themselves.
func (s *Server) WebhookMux() *http.ServeMux { return s.mux }

// StartedChecker reports an error until the listener serves.
func (s *Server) StartedChecker() healthz.Checker {
	return func(*http.Request) error {
		select {
		case <-s.started:
			return nil
		default:
			return errors.New("the webhook server has not started")
		}
	}
}

// Draining is closed when the server was told to stop; readiness must fail from then on.
func (s *Server) Draining() <-chan struct{} { return s.draining }

// Start serves until ctx ends, then drains: it goes on serving for the drain delay with Connection: close on every
// response, stops accepting, and waits for the reviews in flight. It must be called once.
func (s *Server) Start(ctx context.Context) error {
	server := s.http()
	listener := tls.NewListener(s.options.Listener, &tls.Config{
		MinVersion:     s.options.MinTLSVersion,
		NextProtos:     []string{"http/1.1"},
		GetCertificate: s.options.GetCertificate,
	})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	close(s.started)
	s.options.Log.Info("serving", "address", s.options.Listener.Addr().String())

	select {
	case err := <-served:
		return fmt.Errorf("serve webhooks on %s: %w", s.options.Listener.Addr(), err)
	case <-ctx.Done():
	}
	close(s.draining)
	s.options.Log.Info("draining", "delay", s.options.DrainDelay.String())
	// Not server.SetKeepAlivesEnabled(false): that closes idle connections at once, and a POST that the API server has just
	// put on one of them would be lost. ServeHTTP ends each connection with its next answer instead.
	drained := time.NewTimer(s.options.DrainDelay)
	defer drained.Stop()
	select {
	case err := <-served:
		return fmt.Errorf("serve webhooks while draining: %w", err)
	case <-drained.C:
	}
	shutdown, cancel := context.WithTimeout(context.Background(), s.options.ShutdownGrace)
	defer cancel()
	if err := server.Shutdown(shutdown); err != nil {
		return fmt.Errorf("reviews were still in flight after %s: %w", s.options.ShutdownGrace, err)
	}
	s.options.Log.Info("stopped")
	return nil
}

// http is the HTTP side, without listener.
func (s *Server) http() *http.Server {
	return &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.idleTimeout,
		ReadTimeout:       s.idleTimeout, // bodies that somebody wants have a time of their own, see readAtMost
		WriteTimeout:      writeTimeout,
		IdleTimeout:       s.idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       withConnectionAge(s.options.ConnectionLifetime),
		ErrorLog:          logHTTPErrors(s.options.Log),
		// A non-nil empty map switches HTTP/2 off.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
}

// ServeHTTP routes by the exact path. While draining, and when the connection is old, it ends the connection with the answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{ResponseWriter: w, server: s, request: r}
	defer e.end()
	s.mu.RLock()
	handler, ok := s.routes[r.URL.Path]
	s.mu.RUnlock()
	if !ok {
		// A handler of the mux is served only under the exact pattern it was registered with: http.ServeMux itself would
		// answer unclean paths with redirects, and a webhook must never redirect (a POST that follows one loses its body).
		found, pattern := s.mux.Handler(r)
		if pattern == "" || pattern != r.URL.Path {
			http.NotFound(e, r)
			return
		}
		handler = found
	}
	handler.ServeHTTP(e, r)
}
