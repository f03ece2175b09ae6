package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial opens a TLS connection to the webhook listener.
func (r *running) dial(t *testing.T) net.Conn {
	t.Helper()
	connection, err := tls.Dial("tcp", r.addresses["webhooks"], &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	_ = connection.SetDeadline(time.Now().Add(time.Minute)) // a hang fails the test
	return connection
}

// exchange writes raw text and reads all answers until the server closes, or until it waits for another request. It returns them as the
// table writes them, joined by commas; "closed" stands at the end when the server closed the connection.
func (r *running) exchange(t *testing.T, raw, body string) string {
	t.Helper()
	connection := r.dial(t)
	failed := make(chan error, 1)
	go func() {
		// The answer may come, and the connection be closed, before everything is written. The request at the end is the mark up to
		// which the server has read, if it still reads.
		_, err := io.WriteString(connection, raw+"GET /the-end HTTP/1.1\r\nHost: x\r\n\r\n")
		failed <- err
	}()
	var answers []string
	reader := bufio.NewReader(connection)
	for {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			answers = append(answers, "closed")
			break
		}
		if response.StatusCode == http.StatusContinue {
			answers = append(answers, "continue")
			continue
		}
		if location := response.Header.Get("Location"); location != "" {
			t.Errorf("redirected to %q", location)
		}
		if response.StatusCode == http.StatusNotFound && len(answers) > 0 {
			break // the mark
		}
		answers = append(answers, answered(t, response, body))
		if response.Close {
			answers = append(answers, "closed")
			break
		}
	}
	_ = connection.Close()
	<-failed
	return strings.Join(answers, ", ")
}

// TestHostileWire writes requests by hand, as no HTTP library would send them.
func TestHostileWire(t *testing.T) {
	r := hostileServer(t)
	body := hostileReview(t, nil)
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	// post is a request with headers beside those that every good one has.
	post := func(target, headers string) string {
		return "POST " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n"
	}
	good := post("/mutate-pod", length) + body
	chunked := func(chunks ...string) string {
		var b strings.Builder
		b.WriteString(post("/mutate-pod", "Transfer-Encoding: chunked\r\n"))
		for _, chunk := range chunks {
			fmt.Fprintf(&b, "%x\r\n%s\r\n", len(chunk), chunk)
		}
		return b.String()
	}
	smuggled := "POST /mutate-pod HTTP/1.1\r\nHost: smuggled\r\nContent-Length: 0\r\n\r\n"
	for _, test := range []struct{ name, raw, want string }{
		{"a good review", good, "patched"},

		// Pipelining.
		{"two at once", good + good, "patched, patched"},
		{"ten at once", strings.Repeat(good, 10), strings.TrimSuffix(strings.Repeat("patched, ", 10), ", ")},
		{"one that cannot be read between good ones", good + post("/mutate-pod", "Content-Length: 2\r\n") + "{}" + good, "patched, unreadable 400, patched"},
		{"one behind one that ends the connection", post("/mutate-pod", length+"Connection: close\r\n") + body + good, "patched, closed"},

		// The request line.
		{"no HTTP at all", "\x16\x03\x01\x02\x00\r\n\r\n", "HTTP 400, closed"},
		{"HTTP/0.9", "GET /mutate-pod\r\n\r\n", "HTTP 400, closed"},
		{"HTTP/1.0", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1), "patched, closed"},
		{"HTTP/2 on a connection of HTTP/1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP 404, closed"},
		{"HTTP/9.9", strings.Replace(good, "HTTP/1.1", "HTTP/9.9", 1), "HTTP 505, closed"},
		{"an unknown method", strings.Replace(good, "POST", "BREW", 1), "patched"},
		{"a method of brackets", strings.Replace(good, "POST", "<>", 1), "HTTP 400, closed"},
		{"PUT", strings.Replace(good, "POST", "PUT", 1), "patched"},
		{"DELETE", strings.Replace(good, "POST", "DELETE", 1), "patched"},
		{"GET with a body", strings.Replace(good, "POST", "GET", 1), "patched"},
		{"GET without one", "GET /mutate-pod HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n", "unreadable 400"},
		{"CONNECT", "CONNECT evil:443 HTTP/1.1\r\nHost: evil:443\r\n\r\n" + good, "HTTP 404, patched"},
		{"TRACE", "TRACE /mutate-pod HTTP/1.1\r\nHost: x\r\n\r\n", "unreadable 400"},
		{"an absolute target", post("http://evil.example/mutate-pod", length) + body, "patched"},
		{"a target of 70 KB", "POST /" + again("a", 70<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP 431, closed"},
		{"a target with a raw blank", post("/mutate pod", length) + body, "HTTP 400, closed"},
		{"a target with a broken escape", post("/mutate-pod%zz", length) + body, "HTTP 400, closed"},

		// Paths are exact: nothing is cleaned, and nothing is redirected.
		{"a slash behind", post("/mutate-pod/", length) + body + good, "HTTP 404, patched"},
		{"two slashes", post("//mutate-pod", length) + body + good, "HTTP 404, patched"},
		{"a dot", post("/./mutate-pod", length) + body + good, "HTTP 404, patched"},
		{"two dots", post("/convert/../mutate-pod", length) + body + good, "HTTP 404, patched"},
		{"escaped dots", post("/%2e%2e/mutate-pod", length) + body + good, "HTTP 404, patched"},
		{"capitals", post("/Mutate-Pod", length) + body + good, "HTTP 404, patched"},
		{"the root", post("/", length) + body + good, "HTTP 404, patched"},
		{"metrics on the webhook port", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" + good, "HTTP 404, patched"},
		{"profiles on the webhook port", "GET /debug/pprof/ HTTP/1.1\r\nHost: x\r\n\r\n" + good, "HTTP 404, patched"},
		{"readiness on the webhook port", "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n" + good, "HTTP 404, patched"},
		{"health on the webhook port", "GET /healthz HTTP/1.1\r\nHost: evil\r\nX-Forwarded-Host: evil\r\n\r\n", `text "ok\n"`},

		// Queries. A timeout that means nothing is none.
		{"timeout=10s", post("/mutate-pod?timeout=10s", length) + body, "patched"},
		{"timeout=0s", post("/mutate-pod?timeout=0s", length) + body, "patched"},
		{"timeout=-5s", post("/mutate-pod?timeout=-5s", length) + body, "patched"},
		{"timeout=forever", post("/mutate-pod?timeout=forever", length) + body, "patched"},
		{"timeout=NaNs", post("/mutate-pod?timeout=NaNs", length) + body, "patched"},
		{"timeout=1e99s", post("/mutate-pod?timeout=1e99s", length) + body, "patched"},
		{"timeout=9999999h", post("/mutate-pod?timeout=9999999h", length) + body, "patched"},
		{"timeout twice", post("/mutate-pod?timeout=10s&timeout=1ns", length) + body, "patched"},
		{"timeout with a broken escape", post("/mutate-pod?timeout=%zz", length) + body, "patched"},
		{"a query of semicolons", post("/mutate-pod?;;;", length) + body, "patched"},
		{"a query of 60 KB", post("/mutate-pod?x="+again("y", 60_000), length) + body, "patched"},

		// Headers.
		{"no Host", strings.Replace(good, "Host: x\r\n", "", 1), "HTTP 400, closed"},
		{"two Hosts", post("/mutate-pod", "Host: y\r\n"+length) + body, "HTTP 400, closed"},
		{"a Host with a blank", strings.Replace(good, "Host: x", "Host: x y", 1), "HTTP 400, closed"},
		{"a foreign Host", strings.Replace(good, "Host: x", "Host: evil.example", 1), "patched"},
		{"a header of 70 KB", post("/mutate-pod", "X: "+again("a", 70<<10)+"\r\n"+length) + body, "HTTP 431, closed"},
		{"ten thousand headers", post("/mutate-pod", again("X: y\r\n", 20_000)+length) + body, "HTTP 431, closed"},
		{"a header without a colon", post("/mutate-pod", "nonsense\r\n"+length) + body, "HTTP 400, closed"},
		{"a header name with a blank", post("/mutate-pod", "X Y: z\r\n"+length) + body, "HTTP 400, closed"},
		{"a blank before the colon", post("/mutate-pod", "X : z\r\n"+length) + body, "HTTP 400, closed"},
		{"a NUL byte in a header", post("/mutate-pod", "X: \x00\r\n"+length) + body, "HTTP 400, closed"},
		{"a folded header", post("/mutate-pod", "X: a\r\n b\r\n"+length) + body, "patched"},
		{"forwarding headers", post("/mutate-pod", "X-Forwarded-For: 127.0.0.1\r\nForwarded: for=x\r\nX-Original-URL: /x\r\n"+length) + body, "patched"},
		{"a method override", post("/mutate-pod", "X-HTTP-Method-Override: DELETE\r\n"+length) + body, "patched"},
		{"impersonation headers", post("/mutate-pod", "Impersonate-User: system:admin\r\nAuthorization: Bearer x\r\n"+length) + body, "patched"},
		{"an upgrade to HTTP/2", post("/mutate-pod", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"+length) + body, "patched"},
		{"an upgrade to a web socket", post("/mutate-pod", "Connection: Upgrade\r\nUpgrade: websocket\r\n"+length) + body, "patched"},
		{"Expect: 100-continue", post("/mutate-pod", "Expect: 100-continue\r\n"+length) + body, "continue, patched"},
		{"Expect: 100-continue for too much", post("/mutate-pod", "Expect: 100-continue\r\nContent-Length: 99999999\r\n"), "unreadable 413, closed"},
		{"Expect: a miracle", post("/mutate-pod", "Expect: a-miracle\r\n"+length) + body, "HTTP 417, closed"},
		{"a range", post("/mutate-pod", "Range: bytes=0-0\r\nIf-None-Match: *\r\n"+length) + body, "patched"},

		// Content types.
		{"text", strings.Replace(good, "application/json", "text/plain", 1), "unreadable 400"},
		{"a form", strings.Replace(good, "application/json", "application/x-www-form-urlencoded", 1), "unreadable 400"},
		{"multipart", strings.Replace(good, "application/json", "multipart/form-data; boundary=x", 1), "unreadable 400"},
		{"protobuf", strings.Replace(good, "application/json", "application/vnd.kubernetes.protobuf", 1), "unreadable 400"},
		{"JSON in capitals", strings.Replace(good, "application/json", "APPLICATION/JSON", 1), "unreadable 400"},
		{"JSON with a charset", strings.Replace(good, "application/json", "application/json; charset=utf-8", 1), "unreadable 400"},
		{"no type", strings.Replace(good, "Content-Type: application/json\r\n", "", 1), "unreadable 400"},
		{"two types, JSON first", post("/mutate-pod", "Content-Type: text/plain\r\n"+length) + body, "patched"},
		{"a body said to be gzip", post("/mutate-pod", "Content-Encoding: gzip\r\n"+length) + body, "patched"},

		// Lengths, and what smuggling is made of. Of a length and chunks, chunks count (RFC 9112 section 6.3): the body ends where the last chunk
		// does, whatever the length says.
		{"a negative length", post("/mutate-pod", "Content-Length: -1\r\n") + body, "HTTP 400, closed"},
		{"a length with a sign", post("/mutate-pod", fmt.Sprintf("Content-Length: +%d\r\n", len(body))) + body, "HTTP 400, closed"},
		{"a length in hexadecimal", post("/mutate-pod", fmt.Sprintf("Content-Length: 0x%x\r\n", len(body))) + body, "HTTP 400, closed"},
		{"a length that overflows", post("/mutate-pod", "Content-Length: 99999999999999999999\r\n") + body, "HTTP 400, closed"},
		{"two lengths that differ", post("/mutate-pod", length+"Content-Length: 1\r\n") + body, "HTTP 400, closed"},
		{"two lengths that agree", post("/mutate-pod", length+length) + body, "patched"},
		{"a list of lengths", post("/mutate-pod", fmt.Sprintf("Content-Length: %d, %d\r\n", len(body), len(body))) + body, "HTTP 400, closed"},
		{"a length of zero", post("/mutate-pod", "Content-Length: 0\r\n"), "unreadable 400"},
		{"no length", post("/mutate-pod", ""), "unreadable 400"},
		{"a length above the limit, and no body", post("/mutate-pod", "Content-Length: 7340032\r\n"), "unreadable 413, closed"},
		{"a length and chunks", strings.Replace(chunked(body, ""), "Transfer-Encoding", "Content-Length: 4\r\nTransfer-Encoding", 1) + good, "patched, patched"},
		{"a length that hides a request", post("/mutate-pod", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + smuggled, "unreadable 400, unreadable 400"},
		{"an unknown transfer encoding", strings.Replace(chunked(body, ""), "chunked", "xchunked", 1), "HTTP 501, closed"},
		{"gzip, chunked", strings.Replace(chunked(body, ""), "chunked", "gzip, chunked", 1), "HTTP 501, closed"},
		{"chunked twice", strings.Replace(chunked(body, ""), "chunked", "chunked, chunked", 1), "HTTP 501, closed"},
		{"identity", strings.Replace(good, "Content-Length", "Transfer-Encoding: identity\r\nContent-Length", 1), "HTTP 501, closed"},
		{"chunked behind a tab", strings.Replace(chunked(body, ""), " chunked", "\tchunked", 1), "patched"},
		{"two transfer encodings", strings.Replace(chunked(body, ""), "Transfer-Encoding", "Transfer-Encoding: identity\r\nTransfer-Encoding", 1), "HTTP 501, closed"},

		// Chunks.
		{"one chunk", chunked(body, ""), "patched"},
		{"many chunks", chunked(body[:1], body[1:2], body[2:500], body[500:], ""), "patched"},
		{"chunks of one byte each", chunked(append(strings.Split(body, ""), "")...), "patched"},
		{"no chunk", chunked(""), "unreadable 400"},
		{"a chunk with an extension", strings.Replace(chunked(body, ""), "\r\n{", ";x=y\r\n{", 1), "patched"},
		{"a trailer", strings.TrimSuffix(chunked(body, ""), "\r\n") + "X: y\r\n\r\n", "patched"},
		{"a chunk size that is none", post("/mutate-pod", "Transfer-Encoding: chunked\r\n") + "zz\r\n" + body, "unreadable 400, closed"},
		{"a chunk size that overflows", post("/mutate-pod", "Transfer-Encoding: chunked\r\n") + "FFFFFFFFFFFFFFFFF\r\n" + body, "unreadable 400, closed"},
		{"a negative chunk size", post("/mutate-pod", "Transfer-Encoding: chunked\r\n") + "-1\r\n" + body, "unreadable 400, closed"},
		{"a chunk longer than its size", post("/mutate-pod", "Transfer-Encoding: chunked\r\n") + "1\r\n" + body + "\r\n0\r\n\r\n", "unreadable 400, closed"},
		{"an extension of 20 KB", post("/mutate-pod", "Transfer-Encoding: chunked\r\n") + "1;" + again("x", 20<<10) + "\r\n{\r\n0\r\n\r\n", "unreadable 400, closed"},
		{"chunks of 7 MiB less a byte", chunked(padded(t, body, 7<<20-1), ""), "patched"},
		{"chunks of 7 MiB", chunked(padded(t, body, 7<<20), ""), "unreadable 413, closed"},
		{"chunks without end", chunked(again(" ", 8<<20)), "unreadable 413, closed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := r.exchange(t, test.raw, body); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestHostileConnections opens connections that never become a request, or vanish in the middle of one. Others are served meanwhile.
func TestHostileConnections(t *testing.T) {
	r := hostileServer(t)
	body := hostileReview(t, nil)
	serves := func() {
		t.Helper()
		if got := r.answer(t, "/mutate-pod", body); got != "patched" {
			t.Errorf("meanwhile a good pod is %s, want patched", got)
		}
	}
	t.Run("plain HTTP on the TLS port", func(t *testing.T) {
		connection, err := net.Dial("tcp", r.addresses["webhooks"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = connection.Close() }()
		_, _ = io.WriteString(connection, "POST /mutate-pod HTTP/1.1\r\nHost: x\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil || response.StatusCode != http.StatusBadRequest {
			t.Errorf("got %v, %v; want 400", response, err)
		}
		serves()
	})
	t.Run("silent TCP connections", func(t *testing.T) {
		for range 100 {
			connection, err := net.Dial("tcp", r.addresses["webhooks"])
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = connection.Close() }()
		}
		serves()
	})
	t.Run("silent TLS connections", func(t *testing.T) {
		for range 50 {
			r.dial(t)
		}
		serves()
	})
	t.Run("headers without end", func(t *testing.T) {
		for range 50 {
			_, _ = io.WriteString(r.dial(t), "POST /mutate-pod HTTP/1.1\r\nHost: x\r\nX: ")
		}
		serves()
	})
	t.Run("bodies that break off", func(t *testing.T) {
		for range 50 {
			connection := r.dial(t)
			_, _ = fmt.Fprintf(connection, "POST /mutate-pod HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:100])
			_ = connection.Close()
		}
		serves()
	})
	t.Run("answers that nobody reads", func(t *testing.T) {
		for range 50 {
			connection := r.dial(t)
			_, _ = fmt.Fprintf(connection, "POST /mutate-pod HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
			_ = connection.Close()
		}
		serves()
	})
	t.Run("old TLS", func(t *testing.T) {
		for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12} {
			connection, err := tls.Dial("tcp", r.addresses["webhooks"], &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version})
			if err == nil {
				_ = connection.Close()
				t.Errorf("%s is spoken", tls.VersionName(version))
			}
		}
		serves()
	})
}
