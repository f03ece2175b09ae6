package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// The hostile table: what anybody on the network may send, posted to the whole server with the real rules, with the answer that each must
// get. It has three parts: every member with every wrong type (hostile_types_test.go, testdata/hostile/types.txt), bodies
// (hostile_bodies_test.go), and what happens below the body (hostile_wire_test.go).
//
// An answer is written as one of
//
//	allowed, patched   the request goes on; a patch was checked to apply
//	refused CODE       the rule said no
//	unreadable CODE    there was no review to answer; API servers count a failed call
//	HTTP CODE          the server cannot or will not decide

// hostileServer runs the server over the SidecarSet that makes it read as much of a pod as it can. At the end it must not have panicked,
// and must still inject.
func hostileServer(t *testing.T) *running {
	t.Helper()
	r := startServer(t, "--manifests", "testdata/hostile/manifests", "--feature-gates", "ResourcesDeletionProtection=true")
	r.waitReady(t)
	t.Cleanup(func() {
		if got := r.answer(t, "/mutate-pod", hostileReview(t, nil)); got != "patched" {
			t.Errorf("in the end a good pod is %s, want patched", got)
		}
		if _, metrics := r.get(t, "http://"+r.addresses["metrics"]+"/metrics"); hasPanicked.MatchString(metrics) {
			t.Error("something made the server panic")
		}
	})
	return r
}

// hasPanicked finds a review that made the server panic in its metrics.
var hasPanicked = regexp.MustCompile(`kruise_admission_panics_total\{[^}]*\} [1-9]`)

// hostilePod has a bit of everything that injection reads.
const hostilePod = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","generateName":"p-","namespace":"shop",
	"labels":{"app":"target"},"annotations":{"merged":"{\"by\":\"the pod\"}","source":"web","kruise.io/sidecarset-hash":"{}"},
	"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u","controller":true}]},
	"spec":{"initContainers":[{"name":"setup","image":"s","restartPolicy":"Always","resources":{"limits":{"cpu":"1"}}}],
	"containers":[{"name":"web","image":"w","env":[{"name":"TOKEN","value":"t"}],"envFrom":[{"secretRef":{"name":"s"}}],
	"volumeMounts":[{"name":"data","mountPath":"/data","subPathExpr":"$(TOKEN)"}],"volumeDevices":[{"name":"disk","devicePath":"/dev/x"}],
	"resources":{"limits":{"cpu":"1"},"requests":{"memory":"1Gi"}}}],
	"volumes":[{"name":"data","emptyDir":{}},{"name":"disk"}],"imagePullSecrets":[{"name":"own"}]},"status":{"phase":"Pending"}}`

// hostileReview is a good review of a pod after change, which may be nil.
func hostileReview(t *testing.T, change func(review map[string]any)) string {
	t.Helper()
	var pod any
	if err := json.Unmarshal([]byte(hostilePod), &pod); err != nil {
		t.Fatal(err)
	}
	review := map[string]any{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": map[string]any{
		"uid": "u", "kind": map[string]any{"group": "", "version": "v1", "kind": "Pod"},
		"resource":    map[string]any{"group": "", "version": "v1", "resource": "pods"},
		"subResource": "", "requestKind": map[string]any{"group": "", "version": "v1", "kind": "Pod"},
		"requestResource": map[string]any{"group": "", "version": "v1", "resource": "pods"}, "requestSubResource": "",
		"name": "p", "namespace": "shop", "operation": "CREATE", "userInfo": map[string]any{"username": "u", "groups": []any{"g"}},
		"object": pod, "oldObject": nil, "dryRun": false, "options": map[string]any{"kind": "CreateOptions"},
	}}
	if change != nil {
		change(review)
	}
	body, err := json.Marshal(review)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// answer posts a body as a review.
func (r *running) answer(t *testing.T, path, body string) string {
	t.Helper()
	response, err := r.client.Post("https://"+r.addresses["webhooks"]+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return answered(t, response, body)
}

// answered says what an answer to body says, as the table writes it.
func answered(t *testing.T, response *http.Response, body string) string {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Sprintf("HTTP %d", response.StatusCode)
	}
	var answer struct {
		APIVersion, Kind string
		Response         *struct {
			UID     string
			Allowed bool
			Patch   string
			Status  struct {
				Code    int
				Message string
			}
		}
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Response == nil {
		return fmt.Sprintf("text %q", text)
	}
	if len(answer.Response.Status.Message) > 64<<10 {
		t.Errorf("the message has %d bytes: %.200s", len(answer.Response.Status.Message), answer.Response.Status.Message)
	}
	switch {
	case answer.APIVersion == "" && !answer.Response.Allowed:
		return fmt.Sprintf("unreadable %d", answer.Response.Status.Code)
	case !answer.Response.Allowed:
		if answer.Response.Status.Message == "" {
			t.Error("a refusal does not say why")
		}
		return fmt.Sprintf("refused %d", answer.Response.Status.Code)
	case answer.Response.Patch == "":
		return "allowed"
	}
	checkPatch(t, body, decodeBase64(t, answer.Response.Patch))
	return "patched"
}

// checkPatch applies a patch to the object of a review as the API server does: a patch that does not apply fails the request even under
// failurePolicy Ignore.
func checkPatch(t *testing.T, body, patch string) {
	t.Helper()
	var review struct {
		Request struct{ Object json.RawMessage }
	}
	if err := json.Unmarshal(bytes.TrimPrefix([]byte(body), []byte("\xef\xbb\xbf")), &review); err != nil {
		t.Fatalf("a patch for a body that is no JSON: %v", err)
	}
	operations, err := jsonpatch.DecodePatch([]byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operations.Apply(review.Request.Object); err != nil {
		t.Errorf("the patch does not apply: %v\n%s", err, patch)
	}
}
