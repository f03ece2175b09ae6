package conformance

// Servers as a user starts them, and cases as an API server posts them.

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// server is one running server.
type server struct {
	replica *installation.Replica
	client  *http.Client
	uids    uids
}

// startServer builds the server, starts it with the flags, and ends it with the test.
func startServer(t *testing.T, gates map[string]bool, uids uids, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	binary, err := installation.Build(ctx)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replica, err := installation.StartServer(ctx, "server", binary, dir, append(args, "--feature-gates="+gatesFlag(gates))...)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{
		// Who answers is the question of test/certs; without a cluster the certificate is made at the start and known to nobody.
		TLSClientConfig:     &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: workers,
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		replica.Kill()
	})
	if err := replica.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	return &server{replica: replica, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}, uids: uids}
}

// neverRecord keeps the server from writing revisions and status: the universe holds those that were recorded.
const neverRecord = "--record-revisions=off"

// startServer starts a server that is connected to the universe, in the namespace of the recorded manager.
func (u *universe) startServer(t *testing.T, gates map[string]bool) *server {
	t.Helper()
	return startServer(t, gates, u.uids, "--kubeconfig="+u.cluster.Kubeconfig(), "--namespace=kruise-system", neverRecord)
}

func gatesFlag(gates map[string]bool) string {
	settings := make([]string, 0, len(gates))
	for _, name := range slices.Sorted(maps.Keys(gates)) {
		settings = append(settings, fmt.Sprintf("%s=%t", name, gates[name]))
	}
	return strings.Join(settings, ",")
}

// post sends the body of a case and returns the HTTP status and the answer.
func (s *server) post(ctx context.Context, c *recorded.Case) (status int, body []byte, err error) {
	method := http.MethodPost
	if c.Method != "" {
		method = c.Method
	}
	request, err := http.NewRequestWithContext(ctx, method, "https://"+s.replica.Address()+c.Path, bytes.NewReader(s.uids.toCluster(c.Body())))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.ContentType != nil {
		request.Header.Set("Content-Type", *c.ContentType)
		if *c.ContentType == "" {
			request.Header.Del("Content-Type")
		}
	}
	response, err := s.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// reply is what came back.
type reply struct {
	httpStatus int
	// response is nil for a text.
	response *response
}

// review is an AdmissionReview with a response.
type review struct {
	Response *response `json:"response"`
}

type response struct {
	UID     string `json:"uid"`
	Allowed bool   `json:"allowed"`
	Patch   []byte `json:"patch"`
	Status  struct {
		Code    int32  `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
}

// ask posts a case. The problem is what no deviation excuses: an answer that is not one.
func (s *server) ask(ctx context.Context, c *recorded.Case) (answer recorded.Answer, back reply, problem string) {
	status, body, err := s.post(ctx, c)
	if err != nil {
		return answer, back, err.Error()
	}
	back.httpStatus = status
	if status == http.StatusNotFound && c.Expect.HTTPStatus == http.StatusNotFound {
		return answer, back, ""
	}
	if status != http.StatusOK {
		return answer, back, fmt.Sprintf("HTTP %d: %s", status, strings.TrimSpace(string(body)))
	}
	var got review
	if err := json.Unmarshal(body, &got); err != nil || got.Response == nil {
		return answer, back, fmt.Sprintf("the answer is no AdmissionReview: %s", body)
	}
	back.response = got.Response
	answer = recorded.Answer{Allowed: got.Response.Allowed, Message: got.Response.Status.Message}
	if len(got.Response.Patch) > 0 {
		answer.Patch = s.uids.fromCluster(got.Response.Patch)
	}
	if request := c.Request(); request != nil && got.Response.UID != string(request.UID) {
		problem = fmt.Sprintf("uid is %q, the request has %q", got.Response.UID, request.UID)
	}
	return answer, back, problem
}
