package bench

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// caller keeps connections to one server open and sends the same review on them. It writes bytes that were made once, so that most of
// the machine is left for the server.
type caller struct {
	request     []byte
	wantPatch   bool
	connections []*connection
}

type connection struct {
	net.Conn
	reader *bufio.Reader
}

func newCaller(address, path string, review []byte, wantPatch bool, connections int) (*caller, error) {
	c := &caller{wantPatch: wantPatch}
	c.request = fmt.Appendf(nil, "POST %s?timeout=10s HTTP/1.1\r\nHost: kruise-admission-webhook.kruise-admission.svc:443\r\n"+
		"User-Agent: kube-apiserver-admission\r\nContent-Length: %d\r\nAccept: application/json, */*\r\nContent-Type: application/json\r\n"+
		"Accept-Encoding: gzip\r\n\r\n%s", path, len(review), review)
	for range connections {
		// Whose certificate it is does not matter here: every server makes its own at its start.
		conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
		if err != nil {
			return c, errors.Join(err, c.close())
		}
		opened := &connection{conn, bufio.NewReaderSize(conn, 32<<10)}
		c.connections = append(c.connections, opened)
		// One review at once: a server closes a connection on which nothing has come for seconds, and the turn of this one may come later.
		if err := c.call(opened); err != nil {
			return c, errors.Join(err, c.close())
		}
	}
	return c, nil
}

func (c *caller) close() error {
	var errs []error
	for _, connection := range c.connections {
		errs = append(errs, connection.Close())
	}
	return errors.Join(errs...)
}

// run sends reviews on all connections for a time, each as soon as the one before is answered, and returns how long each took, sorted.
func (c *caller) run(duration time.Duration) ([]time.Duration, error) {
	end := time.Now().Add(duration)
	took := make([][]time.Duration, len(c.connections))
	errs := make([]error, len(c.connections))
	var group sync.WaitGroup
	for i, connection := range c.connections {
		group.Go(func() {
			for start := time.Now(); start.Before(end); {
				if errs[i] = c.call(connection); errs[i] != nil {
					return
				}
				now := time.Now()
				took[i] = append(took[i], now.Sub(start))
				start = now
			}
		})
	}
	group.Wait()
	all := slices.Concat(took...)
	slices.Sort(all)
	return all, errors.Join(errs...)
}

var (
	allowedMark = []byte(`"allowed":true`)
	patchMark   = []byte(`"patch":`)
)

// call sends one review and checks that it was decided as expected: a quick wrong answer is no achievement.
func (c *caller) call(connection *connection) error {
	if _, err := connection.Write(c.request); err != nil {
		return err
	}
	response, err := http.ReadResponse(connection.reader, nil)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK || !bytes.Contains(body, allowedMark) || bytes.Contains(body, patchMark) != c.wantPatch {
		return fmt.Errorf("expected HTTP 200, allowed, patched %t; got HTTP %d: %.300s", c.wantPatch, response.StatusCode, body)
	}
	return nil
}
