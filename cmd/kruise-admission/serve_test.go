package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// running is a server of this process.
type running struct {
	addresses map[string]string
	client    *http.Client
	stop      context.CancelFunc
	code      <-chan int
}

// startServer runs `serve` with further flags until the test ends, and returns when it has said where it listens.
func startServer(t *testing.T, args ...string) *running {
	t.Helper()
	logs, out := io.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, append([]string{"serve", "--listen-address=127.0.0.1:0", "--health-address=127.0.0.1:0",
			"--metrics-address=127.0.0.1:0", "--pprof-address=127.0.0.1:0", "--drain-delay=10ms"}, args...), io.Discard, out)
		_ = out.Close()
	}()
	r := &running{
		addresses: map[string]string{}, stop: stop, code: code,
		// A server without a cluster has a certificate that nobody can verify.
		client: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}},
	}
	t.Cleanup(stop)
	lines := bufio.NewScanner(logs)
	for len(r.addresses) < 4 && lines.Scan() {
		var line struct{ Msg, Listener, Address string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("the log has a line that is no JSON: %s", lines.Text())
		}
		if line.Msg == "listening" {
			r.addresses[line.Listener] = line.Address
		}
	}
	if len(r.addresses) < 4 {
		t.Fatal("the server ended before it listened")
	}
	go func() { _, _ = io.Copy(io.Discard, logs) }()
	return r
}

func (r *running) get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := r.client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// waitReady polls /readyz as a kubelet does.
func (r *running) waitReady(t *testing.T) {
	t.Helper()
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(5 * time.Millisecond) {
		if status, _ := r.get(t, "http://"+r.addresses["health"]+"/readyz"); status == http.StatusOK {
			return
		}
	}
	t.Fatal("not ready after a minute")
}

// review posts a review of an object and returns the response in the answer.
func (r *running) review(t *testing.T, path, review string) map[string]any {
	t.Helper()
	response, err := r.client.Post("https://"+r.addresses["webhooks"]+path, "application/json", strings.NewReader(review))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct{ Response map[string]any }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatalf("HTTP %d: %v", response.StatusCode, err)
	}
	return answer.Response
}

// TestServeManifests runs the whole server on examples/ without any cluster.
func TestServeManifests(t *testing.T) {
	r := startServer(t, "--manifests", "../../examples", "--feature-gates", "ResourcesDeletionProtection=true")
	r.waitReady(t)
	for _, test := range []struct {
		name, path, review string
		allowed            bool
		has                string
	}{
		{"a pod that a SidecarSet selects is injected", "/mutate-pod",
			`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE","namespace":"default",
			"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
			"object":{"metadata":{"name":"p","labels":{"app":"frontend"}},"spec":{"containers":[{"name":"web","image":"w"}]}}}}`, true, "patch"},
		{"a SidecarSet without selector is refused", "/validate-apps-kruise-io-sidecarset",
			`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE","name":"s",
			"kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"SidecarSet"},"resource":{"group":"apps.kruise.io","version":"v1beta1","resource":"sidecarsets"},
			"object":{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"name":"s"},"spec":{"containers":[{"name":"c","image":"i"}]}}}}`, false, "status"},
		{"a CloneSet gets its defaults", "/mutate-apps-kruise-io-cloneset",
			`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE","namespace":"default","name":"c",
			"kind":{"group":"apps.kruise.io","version":"v1beta1","kind":"CloneSet"},"resource":{"group":"apps.kruise.io","version":"v1beta1","resource":"clonesets"},
			"object":{"apiVersion":"apps.kruise.io/v1beta1","kind":"CloneSet","metadata":{"name":"c","namespace":"default"},"spec":{"selector":{"matchLabels":{"a":"b"}},
			"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}}}`, true, "patch"},
		{"a protected Deployment is not deleted", "/validate-apps-deployment",
			`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"DELETE","namespace":"default","name":"d",
			"kind":{"group":"apps","version":"v1","kind":"Deployment"},"resource":{"group":"apps","version":"v1","resource":"deployments"},
			"oldObject":{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"policy.kruise.io/delete-protection":"Always"}},"spec":{"replicas":0}}}}`, false, "status"},
	} {
		t.Run(test.name, func(t *testing.T) {
			response := r.review(t, test.path, test.review)
			if response["allowed"] != test.allowed || response[test.has] == nil {
				t.Errorf("got %v, want allowed %v with %s", response, test.allowed, test.has)
			}
		})
	}
	for _, url := range []string{
		"https://" + r.addresses["webhooks"] + "/healthz",
		"http://" + r.addresses["health"] + "/healthz",
		"http://" + r.addresses["pprof"] + "/debug/pprof/cmdline",
	} {
		if status, body := r.get(t, url); status != http.StatusOK {
			t.Errorf("%s: HTTP %d %s, want 200", url, status, body)
		}
	}
	_, metrics := r.get(t, "http://"+r.addresses["metrics"]+"/metrics")
	if want := `kruise_admission_reviews_total{decision="patched",endpoint="/mutate-pod",operation="CREATE",reason=""} 1`; !strings.Contains(metrics, want) {
		t.Errorf("the metrics have no line %s", want)
	}
	if strings.Contains(metrics, "/debug/pprof") {
		t.Error("profiles are served with the metrics")
	}
	r.stop()
	if code := <-r.code; code != 0 {
		t.Errorf("exit code after the order to stop is %d, want 0", code)
	}
}

// TestServeFollowsManifests changes a manifest while the server runs: the change takes effect, and a broken file changes nothing.
func TestServeFollowsManifests(t *testing.T) {
	dir := t.TempDir()
	write := func(image string) {
		t.Helper()
		text := "apiVersion: apps.kruise.io/v1alpha1\nkind: SidecarSet\nmetadata: {name: s}\nspec:\n  selector: {matchLabels: {a: b}}\n" +
			"  containers: [{name: c, image: " + image + "}]\n"
		if err := os.WriteFile(filepath.Join(dir, "new"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "s.yaml")); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	r := startServer(t, "--manifests", dir)
	r.waitReady(t)
	image := func() string {
		patch, _ := r.review(t, "/mutate-pod", `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"1","operation":"CREATE",
			"namespace":"default","resource":{"group":"","version":"v1","resource":"pods"},
			"object":{"metadata":{"name":"p","labels":{"a":"b"}},"spec":{"containers":[{"name":"web","image":"w"}]}}}}`)["patch"].(string)
		for _, candidate := range []string{"first", "second"} {
			if strings.Contains(decodeBase64(t, patch), `"image":"`+candidate+`"`) {
				return candidate
			}
		}
		return ""
	}
	if got := image(); got != "first" {
		t.Fatalf("image is %q, want first", got)
	}
	write("{") // broken
	time.Sleep(300 * time.Millisecond)
	if got := image(); got != "first" {
		t.Errorf("after a broken file the image is %q, want the last good one", got)
	}
	write("second")
	for start := time.Now(); image() != "second"; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("the change has not been taken over after a minute")
		}
	}
}

func decodeBase64(t *testing.T, text string) string {
	t.Helper()
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}
