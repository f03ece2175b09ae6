package webhook

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/podsteps"
)

// isolationObjects make the rules take as much from a pod as they can.
const isolationObjects = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: taker}
spec:
  selector: {matchLabels: {app: taken}}
  containers:
  - name: sharer
    image: sharer:1
    shareVolumePolicy: {type: enabled}
    transferEnv: [{sourceContainerName: web, envNames: [TOKEN]}]
  patchPodMetadata: [{patchPolicy: MergePatchJson, annotations: {merged: '{"by":"taker"}'}}]
---
apiVersion: policy.kruise.io/v1beta1
kind: PodUnavailableBudget
metadata: {name: budget, namespace: shop}
spec: {selector: {matchLabels: {app: taken}}}
`

// canary finds what only one review holds. It is long, because memory that is not cleared before it is used holds short pieces of anything.
var canary = regexp.MustCompile(`canary-\d+-\d+-x{1000}`)

// visit is one review of many that are asked at the same time.
type visit struct {
	canary  string
	app     string // of the pod: what the rules do about it
	body    string
	query   string
	chunked bool
	// leaves says that the caller goes away: in the middle of its body, or while the rule decides.
	leaves string
	status int
	tells  bool // the answer is about the pod, and says so
}

// visitOf makes the visits of a caller, one kind after the other.
func visitOf(caller, call int) visit {
	v := visit{canary: fmt.Sprintf("canary-%d-%d-%s", caller, call, strings.Repeat("x", 1000)), app: "taken", status: http.StatusOK, tells: true}
	filling, members := 1+call*call%17, ""
	switch call % 12 {
	case 1:
		v.app, v.tells = "none", false
	case 2:
		v.app = "refused"
	case 3:
		v.app, v.query, v.status, v.tells = "slow", "?timeout=5ms", http.StatusInternalServerError, false
	case 4:
		v.app, v.leaves = "slow", "rule"
	case 5:
		v.leaves = "body"
	case 6:
		filling = 400 // a room that is not kept
	case 7:
		members = `"request":null,` // what the quick way does not read
	case 8:
		v.chunked = true
	case 9:
		v.app, v.status, v.tells = "panics", http.StatusInternalServerError, false
	case 10:
		v.app, v.status, v.tells = "unable", http.StatusServiceUnavailable, false
	}
	pod := fmt.Sprintf(`{"metadata":{"name":"p","namespace":"shop","labels":{"app":%q},"annotations":{"merged":"{\"x\":\"%[2]s\"}"}},
		"spec":{"containers":[{"name":"web","image":%[3]q,"env":[{"name":"TOKEN","value":%[2]q}],"volumeMounts":[{"name":"data","mountPath":"/%[2]s"}]}]},"status":{}}`,
		v.app, v.canary, strings.Repeat(v.canary, filling))
	v.body = fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",%s"request":{"uid":"u-%d-%d","resource":{"version":"v1","resource":"pods"},
		"name":"p","namespace":"shop","operation":"CREATE","userInfo":{"username":%q},"object":%s}}`, members, caller, call, v.canary, pod)
	return v
}

// isolationRule is the rule of the server, and in front of it what goes wrong.
type isolationRule struct {
	rule    decision.Reviewer
	waiting chan struct{} // takes one for each review that waits
}

func (r isolationRule) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	before := string(request.Object.Raw)
	switch {
	case strings.Contains(before, `"app":"refused"`):
		return decision.Forbid("no " + canary.FindString(before)), nil
	case strings.Contains(before, `"app":"panics"`):
		panic("it is about " + canary.FindString(before))
	case strings.Contains(before, `"app":"unable"`):
		unable := decision.CannotTell("who knows")
		unable.RetryAfter = 0
		return decision.Decision{}, unable
	case strings.Contains(before, `"app":"slow"`):
		select {
		case r.waiting <- struct{}{}:
		default:
		}
		<-ctx.Done()
		if string(request.Object.Raw) != before {
			return decision.Decision{}, errors.New("the object of the request has changed")
		}
		return decision.Decision{}, decision.CannotTell("what waits: %w", ctx.Err())
	}
	return r.rule.Review(ctx, request)
}

// TestReviewsLeaveNothingBehind asks thousands of reviews at once, of all outcomes, with callers that go away and deadlines that pass. Rooms of
// bodies and answers go from one to another, so each holds a word that no other one does: an answer has its own only, and when all are answered it is
// neither in the log nor in the metrics, nor anywhere in the memory of the process.
func TestReviewsLeaveNothingBehind(t *testing.T) {
	var logged syncBuffer
	registry := prometheus.NewRegistry()
	server := isolationServer(t, registry, &logged)
	const callers, calls = 8, 240
	var running sync.WaitGroup
	var told atomic.Int64
	for caller := range callers {
		running.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for call := range calls {
				if pay(t, server.URL, client, visitOf(caller, call), call) {
					told.Add(1)
				}
			}
		})
	}
	running.Wait()
	server.Close()
	if told.Load() < callers*calls/3 {
		t.Errorf("only %d answers told of their pods", told.Load())
	}
	if text := logged.String(); canary.MatchString(text) || strings.Count(text, "\n") < callers*calls/3 {
		t.Errorf("the log has %d lines, and %q", strings.Count(text, "\n"), canary.FindString(text))
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		var text bytes.Buffer
		if _, err := expfmt.MetricFamilyToOpenMetrics(&text, family); err != nil || canary.Match(text.Bytes()) {
			t.Errorf("%v: %s", err, text.Bytes())
		}
	}
	// Goroutines of closed connections need a moment to end.
	found := inMemory(t, canary)
	for start := time.Now(); found != "" && time.Since(start) < 10*time.Second; found = inMemory(t, canary) {
		runtime.Gosched()
	}
	if found != "" {
		t.Errorf("%s is still in memory", found)
	}
}

func isolationServer(t *testing.T, registry *prometheus.Registry, logged io.Writer) *httptest.Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(file, []byte(isolationObjects), 0o600); err != nil {
		t.Fatal(err)
	}
	view, err := manifests.Read(manifests.Options{Paths: []string{file}, Namespace: "kruise-system"})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	engine.Changed([]string{"taker"})
	pipeline, err := podsteps.New(podsteps.Options{Sidecars: engine, View: view, PodUnavailableBudgets: true, AlwaysReadinessGate: true})
	if err != nil {
		t.Fatal(err)
	}
	log := funcr.NewJSON(func(line string) { _, _ = io.WriteString(logged, line+"\n") }, funcr.Options{})
	server := NewServer(ServerOptions{Log: log})
	for path, handler := range Handlers(HandlerOptions{
		Rules: rulesOf(isolationRule{pipeline, nil}), Ready: func() error { return nil }, Registry: registry, Log: log,
	}) {
		server.Register(path, handler)
	}
	listening := httptest.NewServer(server)
	t.Cleanup(listening.Close)
	return listening
}

// pay pays a visit, and says whether the answer was about the pod.
func pay(t *testing.T, url string, client *http.Client, v visit, call int) bool {
	path := []string{"/mutate-pod", markingPath, otherMarkingPath}[call%3] + v.query
	if v.leaves == "body" {
		connection, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Error(err)
			return false
		}
		_, _ = fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", path, len(v.body), v.body[:len(v.body)/2])
		_ = connection.Close()
		return false
	}
	ctx := t.Context()
	if v.leaves == "rule" {
		var leave context.CancelFunc
		ctx, leave = context.WithTimeout(ctx, 5*time.Millisecond)
		defer leave()
	}
	var body io.Reader = strings.NewReader(v.body)
	if v.chunked {
		body = bufio.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+path, body)
	if err != nil {
		t.Error(err)
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if v.leaves != "" && err != nil {
		return false
	}
	if err != nil {
		t.Error(err)
		return false
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != v.status {
		t.Errorf("%s: HTTP %d, %v: %.300s", v.canary, response.StatusCode, err, text)
		return false
	}
	var answer struct {
		Response struct{ Patch string }
	}
	_ = json.Unmarshal(text, &answer)
	patch, err := base64.StdEncoding.DecodeString(answer.Response.Patch)
	if err != nil {
		t.Errorf("%s: %v", v.canary, err)
	}
	words := canary.FindAllString(string(text)+string(patch), -1)
	for _, word := range words {
		if word != v.canary {
			t.Errorf("the answer to %s has %s", v.canary, word)
		}
	}
	if v.tells && len(words) == 0 || v.app == "taken" && !strings.Contains(string(patch), v.canary) {
		t.Errorf("the answer to %s does not have it: %.300s", v.canary, patch)
	}
	return v.tells
}

// inMemory looks for a text in all objects of the process that something refers to.
func inMemory(t *testing.T, text *regexp.Regexp) string {
	t.Helper()
	for range 3 { // what is in a sync.Pool goes with the second
		runtime.GC()
	}
	dump, err := os.Create(filepath.Join(t.TempDir(), "heap"))
	if err != nil {
		t.Fatal(err)
	}
	debug.WriteHeapDump(dump.Fd())
	if err := dump.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(dump.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text.Find(content))
}

// syncBuffer is a buffer for several writers.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(text)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
