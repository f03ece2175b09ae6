package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// The tests in this file are named after classes of vulnerabilities that admission servers have had. Each holds the class off every path
// of the endpoint table, so that an endpoint that is added later is held to it as well. docs/threat-model.md says which threat they belong to.

// everyPath lists all paths that are served with AdmissionReviews.
func everyPath() []string {
	var paths []string
	for _, endpoint := range webhook.Endpoints() {
		paths = append(paths, endpoint.Paths()...)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// rulesOf puts one rule behind every endpoint.
func rulesOf(rule decision.ReviewerFunc) webhook.Rules {
	rules := webhook.Rules{MutatePod: rule, ValidatePod: rule, Protect: rule, Mutate: map[string]decision.Reviewer{}, Validate: map[string]decision.Reviewer{}}
	for _, kind := range webhook.Kinds() {
		rules.Mutate[kind.Resource], rules.Validate[kind.Resource] = rule, rule
	}
	return rules
}

// postTo lets handlers answer a review in memory.
func postTo(handlers map[string]http.Handler, path, body string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	handlers[path].ServeHTTP(recorder, request)
	return recorder
}

func handlersOf(rules webhook.Rules, ready func() error) map[string]http.Handler {
	return webhook.Handlers(webhook.HandlerOptions{Rules: rules, Ready: ready, Registry: prometheus.NewRegistry(), Log: logr.Discard()})
}

func isReady() error { return nil }

// TestCVEClassUnboundedBody announces a body at the limit and sends none: every path must answer without waiting for it, and close.
func TestCVEClassUnboundedBody(t *testing.T) {
	r := hostileServer(t)
	for _, path := range append(everyPath(), webhook.ConvertPath) {
		want := "unreadable 413, closed"
		size := 7 << 20
		if path == webhook.ConvertPath { // list pages are converted in one review
			want, size = "HTTP 413, closed", 64<<20
		}
		raw := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, size)
		if got := r.exchange(t, raw, ""); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// brokenView knows one SidecarSet, and cannot read namespaces.
type brokenView struct{ viewOf }

func (v brokenView) SidecarSet(string) (*v1beta1.SidecarSet, []byte, bool) {
	return v.sets[0], nil, true
}
func (brokenView) NamespaceLabels(context.Context, string) (map[string]string, bool, error) {
	return nil, false, errors.New("etcd is on fire")
}

// TestCVEClassLookupErrorIsNoMatch breaks the look-up of a namespace on which a SidecarSet depends: the pod must not pass as one that
// nothing matches.
func TestCVEClassLookupErrorIsNoMatch(t *testing.T) {
	set := &v1beta1.SidecarSet{ObjectMeta: metav1.ObjectMeta{Name: "s"}}
	set.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "target"}}
	set.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "x"}}
	engine, err := inject.New(inject.Options{View: brokenView{viewOf{sets: []*v1beta1.SidecarSet{set}}}, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	rules := rulesOf(nil)
	rules.MutatePod = engine
	handlers := handlersOf(rules, isReady)
	body := hostileReview(t, nil)
	if answer := postTo(handlers, "/mutate-pod", body); answer.Code != http.StatusServiceUnavailable {
		t.Errorf("before anything is compiled: HTTP %d, want 503", answer.Code)
	}
	engine.Changed([]string{"s"})
	if answer := postTo(handlers, "/mutate-pod", body); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("HTTP %d, Retry-After %q; want 503 and a time", answer.Code, answer.Header().Get("Retry-After"))
	}
}

// TestCVEClassPanicIsAllow lets the rule behind every path panic.
func TestCVEClassPanicIsAllow(t *testing.T) {
	handlers := handlersOf(rulesOf(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		panic("secret")
	}), isReady)
	for _, path := range everyPath() {
		answer := postTo(handlers, path, hostileReview(t, nil))
		if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "secret") {
			t.Errorf("%s: HTTP %d %s, want 500 and no word of the panic", path, answer.Code, answer.Body)
		}
	}
}

// TestCVEClassDecisionBeforeSync asks a server whose view is empty because it has not been read. Conversion must work meanwhile, or reading
// it would wait for itself.
func TestCVEClassDecisionBeforeSync(t *testing.T) {
	parts := &parts{view: viewOf{}}
	handlers := handlersOf(rulesOf(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		t.Error("a rule was asked")
		return decision.Allow(), nil
	}), parts.decidable)
	for _, path := range everyPath() {
		answer := postTo(handlers, path, hostileReview(t, nil))
		if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
			t.Errorf("%s: HTTP %d, want 503 with Retry-After", path, answer.Code)
		}
	}
	handlers[webhook.ConvertPath] = webhook.NewConvertHandler(convert.Object, logr.Discard())
	answer := postTo(handlers, webhook.ConvertPath, `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"u",
		"desiredAPIVersion":"apps.kruise.io/v1beta1","objects":[{"apiVersion":"apps.kruise.io/v1alpha1","kind":"SidecarSet","metadata":{"name":"s"},"spec":{}}]}}`)
	if !strings.Contains(answer.Body.String(), `"status":"Success"`) {
		t.Errorf("conversion: HTTP %d %s", answer.Code, answer.Body)
	}
}

// knownSubresources are those whose objects a rule reads: an eviction carries the name of its pod, a resize the whole pod.
var knownSubresources = map[string]bool{"pods/eviction": true, "pods/resize": true}

// TestCVEClassUnseenSubresources sends what is no object of the kind that the path is about: no rule may take it for one, nor stop it. The
// API server sends them only if a webhook configuration says so, and ours do not.
func TestCVEClassUnseenSubresources(t *testing.T) {
	for _, endpoint := range webhook.Endpoints() {
		for _, rule := range endpoint.Rules {
			for _, resource := range rule.Resources {
				if strings.ContainsAny(resource, "/*") && !knownSubresources[resource] {
					t.Errorf("%s asks for %q: its rule must then know the object of the subresource", endpoint.Name, resource)
				}
			}
		}
	}
	const stored = `{"metadata":{"name":"x","namespace":"shop","labels":{"policy.kruise.io/delete-protection":"Always"}},"status":{"replicas":7}}`
	const scale = `{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"x","namespace":"shop"},"spec":{"replicas":0}}`
	handlers := assembledHandlers(t, logr.Discard())
	for _, endpoint := range webhook.Endpoints() {
		for _, rule := range endpoint.Rules {
			for _, resource := range rule.Resources {
				for subresource, object := range map[string]string{"status": stored, "scale": scale} {
					for _, operation := range []string{"CREATE", "UPDATE", "DELETE"} {
						answer := postTo(handlers, endpoint.Path, fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u",
							"operation":%q,"subResource":%q,"namespace":"shop","name":"x","resource":{"group":%q,"version":%q,"resource":%q},"object":%s,"oldObject":%s}}`,
							operation, subresource, rule.APIGroups[0], rule.APIVersions[0], resource, object, object))
						if got := answered(t, answer.Result(), object); got != "allowed" {
							t.Errorf("%s: %s of %s/%s: got %s, want allowed without a patch", endpoint.Path, operation, resource, subresource, got)
						}
					}
				}
			}
		}
	}
	r := hostileServer(t)
	for subresource, object := range map[string]string{
		"ephemeralcontainers": hostilePod,
		"resize":              hostilePod,
		"status":              hostilePod,
		"binding":             `{"apiVersion":"v1","kind":"Binding","metadata":{"name":"p"},"target":{"kind":"Node","name":"n"}}`,
		"eviction":            `{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"p"}}`,
		"scale":               `{"apiVersion":"autoscaling/v1","kind":"Scale","metadata":{"name":"p"},"spec":{"replicas":0}}`,
	} {
		for _, operation := range []string{"CREATE", "UPDATE"} {
			body := fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":%q,"subResource":%q,"namespace":"shop",
				"name":"p","resource":{"group":"","version":"v1","resource":"pods"},"object":%s,"oldObject":%s}}`, operation, subresource, object, object)
			if got := r.answer(t, "/mutate-pod", body); got != "allowed" {
				t.Errorf("%s of pods/%s: got %s, want allowed without a patch", operation, subresource, got)
			}
		}
	}
}

// TestCVEClassRedirect asks for what http.ServeMux would clean up and redirect to: a webhook that redirects makes the API server post a pod to
// wherever it is told.
func TestCVEClassRedirect(t *testing.T) {
	r := hostileServer(t)
	client := &http.Client{Transport: r.client.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, path := range append(everyPath(), "/healthz", webhook.ConvertPath) {
		for _, spelled := range []string{path + "/", "/" + path, "/." + path, "/x/.." + path, path + "/..", path + "//"} {
			response, err := client.Post("https://"+r.addresses["webhooks"]+spelled, "application/json", strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != http.StatusNotFound || response.Header.Get("Location") != "" {
				t.Errorf("%s: HTTP %d to %q, want 404", spelled, response.StatusCode, response.Header.Get("Location"))
			}
		}
	}
}

// TestCVEClassProbeHostForgery proves that nobody's Host is believed: neither the header of a probe, nor the host in a probe of the pod, which
// must stay with the container that has it.
func TestCVEClassProbeHostForgery(t *testing.T) {
	r := hostileServer(t)
	for _, url := range []string{"http://" + r.addresses["health"] + "/healthz", "http://" + r.addresses["health"] + "/readyz",
		"https://" + r.addresses["webhooks"] + "/healthz"} {
		request, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "169.254.169.254"
		request.Header.Set("X-Forwarded-Host", "169.254.169.254")
		response, err := r.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || string(text) != "ok\n" || strings.Contains(fmt.Sprint(response.Header), "169.254") {
			t.Errorf("%s: HTTP %d %q %v, %v", url, response.StatusCode, text, response.Header, err)
		}
	}
	patch, _ := r.review(t, "/mutate-pod", hostileReview(t, func(review map[string]any) {
		put(t, review, "request.object.spec.containers.0.livenessProbe", `{"httpGet":{"host":"169.254.169.254","port":80}}`)
		put(t, review, "request.object.spec.containers.0.lifecycle", `{"postStart":{"httpGet":{"host":"169.254.169.254","port":80}}}`)
	}))["patch"].(string)
	if text := decodeBase64(t, patch); text == "" || strings.Contains(text, "169.254") {
		t.Errorf("the patch carries the pod's probe elsewhere: %s", text)
	}
}

// TestCVEClassExemptionFromAnUntrustedNamespace lets a pod claim another namespace, names and marks that look like an exemption: it is injected
// as what the request says that it is.
func TestCVEClassExemptionFromAnUntrustedNamespace(t *testing.T) {
	r := hostileServer(t)
	for member, value := range map[string]string{
		"metadata.namespace":                        `"kube-system"`,
		"metadata.labels.control-plane":             `"true"`,
		"metadata.annotations.inject":               `"false"`,
		"metadata.labels.namespace":                 `"kube-system"`,
		"metadata.name":                             `"kube-apiserver"`,
		"metadata.ownerReferences.0.kind":           `"Node"`,
		"spec.priorityClassName":                    `"system-node-critical"`,
		"spec.serviceAccountName":                   `"kruise-admission"`,
		"metadata.annotations.kruise/hash-injected": `"everything"`,
	} {
		body := hostileReview(t, func(review map[string]any) { put(t, review, "request.object."+member, value) })
		if got := r.answer(t, "/mutate-pod", body); got != "patched" {
			t.Errorf("%s: %s is %s, want patched", member, value, got)
		}
	}
}

// TestCVEClassInformationInErrorText posts objects whose env holds a secret to every path, so that many are refused or cannot be read: no answer
// may repeat it, except the object itself that a conversion gives back.
func TestCVEClassInformationInErrorText(t *testing.T) {
	const secret = "hunter2"
	handlers := assembledHandlers(t, logr.Discard())
	refused := 0
	for path := range handlers {
		for i, body := range secretReviews(path, secret) {
			if strings.Contains(body, `"replicas":"`+secret) {
				continue // not in env: a refusal names the value of a field
			}
			answer := postTo(handlers, path, body)
			var converted struct {
				Response struct{ Result struct{ Status string } }
			}
			if path == webhook.ConvertPath && json.Unmarshal(answer.Body.Bytes(), &converted) == nil && converted.Response.Result.Status == "Success" {
				continue
			}
			if strings.Contains(answer.Body.String(), `"allowed":false`) || answer.Code >= 400 {
				refused++
			}
			if strings.Contains(answer.Body.String(), secret) {
				t.Errorf("%s, body %d: HTTP %d %s", path, i, answer.Code, answer.Body)
			}
		}
	}
	if refused < 200 {
		t.Errorf("only %d were refused: the objects no longer test much", refused)
	}
	for _, member := range []string{
		"request.dryRun", "request.object.kind", "request.object.spec.containers.0.resources.limits.cpu", "request.object.spec.volumes",
		"request.object.spec.containers.0.env.0.name", "request.object.spec.initContainers.0.name", "request.object.metadata.annotations.merged",
	} {
		for _, value := range []string{`7`, `"sharer"`, `[]`, `{"hunter":2}`} {
			answer := postTo(handlers, "/mutate-pod", hostileReview(t, func(review map[string]any) {
				put(t, review, "request.object.spec.containers.0.env.0.value", `"`+secret+`"`)
				put(t, review, member, value)
			}))
			if strings.Contains(answer.Body.String(), secret) {
				t.Errorf("%s = %s: %s", member, value, answer.Body)
			}
		}
	}
}

// TestCVEClassHTTP2 offers nothing but HTTP/2, and writes its preface although it was not agreed on: streams that are reset as fast as they
// are opened need a server that speaks it.
func TestCVEClassHTTP2(t *testing.T) {
	r := hostileServer(t)
	if connection, err := tls.Dial("tcp", r.addresses["webhooks"], &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}); err == nil {
		_ = connection.Close()
		t.Error("HTTP/2 was agreed on")
	}
	connection := r.dial(t)
	if _, err := io.WriteString(connection, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 4") {
		t.Errorf("the preface was answered with %q, %v; want an error of HTTP/1.1", line, err)
	}
}
