package webhook

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
)

// start runs a server on loopback and returns its address, a client that trusts it, the function that tells it to stop and
// a channel with the result of Start.
func start(t *testing.T, drain time.Duration, handler http.Handler) (string, *http.Client, context.CancelFunc, <-chan error) {
	t.Helper()
	return startWith(t, ServerOptions{DrainDelay: drain}, idleTimeout, handler)
}

// startWith does the same with other options, and another time for connections that say nothing.
func startWith(t *testing.T, options ServerOptions, idle time.Duration, handler http.Handler) (string, *http.Client, context.CancelFunc, <-chan error) {
	t.Helper()
	// httptest's own certificate: its client trusts it for example.com and 127.0.0.1.
	borrowed := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(borrowed.Close)
	certificate := borrowed.TLS.Certificates[0]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options.Listener, options.Log = listener, logr.Discard()
	options.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil }
	server := NewServer(options)
	server.idleTimeout = idle
	server.Register("/work", handler)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- server.Start(ctx) }()
	pool := x509.NewCertPool()
	pool.AddCert(borrowed.Certificate())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	t.Cleanup(client.CloseIdleConnections)
	return "https://" + listener.Addr().String(), client, cancel, done
}

func TestServerSpeaksOnlyHTTP1AndTLS13(t *testing.T) {
	url, client, _, _ := start(t, 0, http.HandlerFunc(Healthz))
	response, err := client.Get(url + "/work")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.ProtoMajor != 1 || response.TLS.Version != tls.VersionTLS13 {
		t.Errorf("got %s over TLS %x, want HTTP/1.1 over TLS 1.3", response.Proto, response.TLS.Version)
	}
	old := client.Transport.(*http.Transport).Clone()
	old.TLSClientConfig.MaxVersion = tls.VersionTLS12
	if response, err := (&http.Client{Transport: old}).Get(url + "/work"); err == nil {
		_ = response.Body.Close()
		t.Error("a client of TLS 1.2 was served")
	}
}

// TestDrain proves what keeps a rolling update from losing requests: after the order to stop the server still answers, on
// open and on new connections, and ends each connection with its answer; a review in flight is finished.
func TestDrain(t *testing.T) {
	slow, finish := make(chan struct{}), make(chan struct{})
	url, client, stop, done := start(t, 3*time.Second, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "slow" {
			close(slow)
			<-finish
		}
		Healthz(w, r)
	}))
	get := func(query string) (*http.Response, error) {
		response, err := client.Get(url + "/work" + query)
		if err == nil {
			_ = response.Body.Close()
		}
		return response, err
	}
	if response, err := get(""); err != nil || response.Close {
		t.Fatalf("before the drain: %v, close %v; want no error and an open connection", err, response != nil && response.Close)
	}
	inFlight := make(chan error, 1)
	go func() {
		response, err := get("?slow")
		if err == nil && !response.Close {
			err = errors.New("its answer leaves the connection open")
		}
		inFlight <- err
	}()
	<-slow
	stop()
	var closing bool
	for !closing { // the order needs a moment to arrive; every request until then is answered too
		response, err := get("")
		if err != nil {
			t.Fatalf("while draining: %v", err)
		}
		closing = response.Close
	}
	time.AfterFunc(3*time.Second+200*time.Millisecond, func() { close(finish) }) // after the drain delay
	if err := <-inFlight; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	if err := <-done; err != nil {
		t.Errorf("Start: %v", err)
	}
	if _, err := get(""); err == nil {
		t.Error("a stopped server answered")
	}
}

// TestStopUnderLoad sends requests on keep-alive connections as an API server does and stops the server: every request that
// was accepted is answered.
func TestStopUnderLoad(t *testing.T) {
	url, client, stop, done := start(t, 3*time.Second, http.HandlerFunc(Healthz))
	stopped := make(chan struct{})
	var answered, failed atomic.Int64
	var failure atomic.Value
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				response, err := client.Post(url+"/work", "application/json", strings.NewReader("{}"))
				if err != nil {
					failed.Add(1)
					failure.Store(err)
					return
				}
				_ = response.Body.Close()
				answered.Add(1)
			}
		})
	}
	for answered.Load() < 100 {
		time.Sleep(time.Millisecond)
	}
	stop()
	// The clients stop inside the drain delay, as kube-proxy takes the endpoint away.
	time.Sleep(150 * time.Millisecond)
	close(stopped)
	workers.Wait()
	if err := <-done; err != nil {
		t.Errorf("Start: %v", err)
	}
	if failed.Load() != 0 {
		t.Errorf("%d of %d requests failed: %v", failed.Load(), failed.Load()+answered.Load(), failure.Load())
	}
}

func TestServerDropsSlowHeaders(t *testing.T) {
	url, client, _, _ := startWith(t, ServerOptions{}, time.Second, http.HandlerFunc(Healthz))
	connection, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), client.Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if _, err := fmt.Fprint(connection, "POST /work HTTP/1.1\r\nHost: x\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
	if line, err := bufio.NewReader(connection).ReadString('\n'); err == nil && !strings.Contains(line, "408") {
		t.Errorf("a header that never ends was answered with %q, want 408 or a closed connection", line)
	}
}

// TestServerDropsSlowBodies sends a header and never the body: the server answers and closes instead of holding a slot.
func TestServerDropsSlowBodies(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the body timeout")
	}
	url, client, _, _ := start(t, 0, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := readAtMost(w, r, 1<<20); err != nil {
			http.Error(w, err.Error(), bodyErrorStatus(err))
		}
	}))
	connection, err := tls.Dial("tcp", strings.TrimPrefix(url, "https://"), client.Transport.(*http.Transport).TLSClientConfig)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	if _, err := fmt.Fprint(connection, "POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	_ = connection.SetReadDeadline(time.Now().Add(bodyTimeout + time.Minute))
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil || !strings.Contains(line, "400") {
		t.Errorf("got %q, %v; want 400 after the body timeout", line, err)
	}
}

// TestSlowRulesAreNotCutOff lets a handler take longer than the body may: its context must not end by the body's deadline.
func TestSlowRulesAreNotCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("waits longer than the body timeout")
	}
	url, client, _, _ := start(t, 0, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := readAtMost(w, r, 1<<20); err != nil {
			http.Error(w, err.Error(), bodyErrorStatus(err))
			return
		}
		select {
		case <-r.Context().Done():
			http.Error(w, "cut off", http.StatusInternalServerError)
		case <-time.After(bodyTimeout + time.Second):
		}
	}))
	response, err := client.Post(url+"/work", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("HTTP status is %d, want 200", response.StatusCode)
	}
}
