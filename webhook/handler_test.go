package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// rulesOf puts one rule behind every endpoint.
func rulesOf(rule decision.Reviewer) Rules {
	rules := Rules{MutatePod: rule, ValidatePod: rule, Protect: rule, Mutate: map[string]decision.Reviewer{}, Validate: map[string]decision.Reviewer{}}
	for _, kind := range Kinds() {
		rules.Mutate[kind.Resource], rules.Validate[kind.Resource] = rule, rule
	}
	return rules
}

// serve runs one handler with the given rule behind /mutate-pod.
func serve(t *testing.T, rule decision.ReviewerFunc, change ...func(*HandlerOptions)) (*httptest.Server, *prometheus.Registry) {
	t.Helper()
	registry := prometheus.NewRegistry()
	allow := decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	options := HandlerOptions{
		Rules:    rulesOf(allow),
		Ready:    func() error { return nil },
		Registry: registry,
		Log:      logr.Discard(),
	}
	options.Rules.MutatePod = rule
	for _, c := range change {
		c(&options)
	}
	server := NewServer(ServerOptions{Log: logr.Discard()})
	for path, handler := range Handlers(options) {
		server.Register(path, handler)
	}
	ts := httptest.NewServer(server)
	t.Cleanup(ts.Close)
	return ts, registry
}

func post(t *testing.T, url, body string) (*http.Response, map[string]any) {
	t.Helper()
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return response, readJSON(t, response)
}

// readJSON returns the answer, or nil when it is no JSON.
func readJSON(t *testing.T, response *http.Response) map[string]any {
	t.Helper()
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if json.Unmarshal(body, &answer) != nil {
		return nil
	}
	return answer
}

const podReview = `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",` +
	`"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},` +
	`"name":"p","namespace":"n","operation":"CREATE","object":{"metadata":{"name":"p"}}}}`

func TestUnreadableReviews(t *testing.T) {
	asked := false
	ts, _ := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		asked = true
		return decision.Allow(), nil
	})
	large := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","x":"` + strings.Repeat("a", maxBodyBytes) + `"}`
	for name, test := range map[string]struct {
		body, contentType, method string
		code                      float64
		message                   string
	}{
		"empty":                     {code: 400, message: "empty"},
		"not JSON":                  {body: "hello", code: 400, message: "no AdmissionReview"},
		"truncated":                 {body: podReview[:40], code: 400, message: "no AdmissionReview"},
		"text after":                {body: podReview + "x", code: 400, message: "no AdmissionReview"},
		"null":                      {body: "null", code: 400, message: "apiVersion"},
		"array":                     {body: "[]", code: 400, message: "no AdmissionReview"},
		"number":                    {body: "42", code: 400, message: "no AdmissionReview"},
		"YAML":                      {body: "kind: AdmissionReview\napiVersion: admission.k8s.io/v1\n", code: 400, message: "no AdmissionReview"},
		"empty object":              {body: "{}", code: 400, message: "apiVersion"},
		"another kind":              {body: `{"apiVersion":"v1","kind":"Pod"}`, code: 400, message: `"v1"`},
		"another version":           {body: `{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","request":{}}`, code: 400, message: `"admission.k8s.io/v2"`},
		"kind in wrong case":        {body: strings.Replace(podReview, `"kind":"AdmissionReview"`, `"Kind":"AdmissionReview"`, 1), code: 400, message: "kind"},
		"request in wrong case":     {body: strings.Replace(podReview, `"request":`, `"Request":`, 1), code: 400, message: "request: required"},
		"no request":                {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`, code: 400, message: "request: required"},
		"request null":              {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":null}`, code: 400, message: "request: required"},
		"request empty":             {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}`, code: 400, message: "request.operation: required"},
		"request text":              {body: `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":"x"}`, code: 400, message: "no AdmissionReview"},
		"dryRun text":               {body: strings.Replace(podReview, `"operation"`, `"dryRun":"yes","operation"`, 1), code: 400, message: "dryRun"},
		"deep nesting":              {body: strings.Repeat(`{"a":`, 100_000), code: 400, message: "no AdmissionReview"},
		"too large":                 {body: large, code: 413, message: "too large"},
		"content type text":         {body: podReview, contentType: "text/plain", code: 400, message: `"text/plain"`},
		"content type missing":      {body: podReview, contentType: "-", code: 400, message: `""`},
		"content type with charset": {body: podReview, contentType: "application/json; charset=utf-8", code: 400, message: "charset"},
		"GET without a body":        {method: http.MethodGet, code: 400, message: "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			asked = false
			method := test.method
			if method == "" {
				method = http.MethodPost
			}
			request, err := http.NewRequest(method, ts.URL+"/mutate-pod", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			switch test.contentType {
			case "":
				request.Header.Set("Content-Type", "application/json")
			case "-":
			default:
				request.Header.Set("Content-Type", test.contentType)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			answer := readJSON(t, response)
			if response.StatusCode != http.StatusOK {
				t.Fatalf("HTTP status is %d, want 200 with a refusal inside", response.StatusCode)
			}
			if _, has := answer["apiVersion"]; has {
				t.Error("an answer to an unreadable review has no apiVersion, so that the API server counts a failed call")
			}
			inner := answer["response"].(map[string]any)
			status := inner["status"].(map[string]any)
			if inner["allowed"] != false || inner["uid"] != "" || status["code"] != test.code {
				t.Errorf("got allowed %v, uid %v, code %v; want false, empty, %v", inner["allowed"], inner["uid"], status["code"], test.code)
			}
			if message := status["message"].(string); !strings.Contains(message, test.message) {
				t.Errorf("message is %q, want it to contain %q", message, test.message)
			}
			if asked {
				t.Error("the rule was asked")
			}
		})
	}
}

func TestPaths(t *testing.T) {
	ts, _ := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]int{
		"/mutate-pod":             200,
		"/mutate-pod?timeout=10s": 200,
		"/mutate-pod?timeout=x":   200,
		"/mutate-pod/":            404,
		"//mutate-pod":            404,
		"/./mutate-pod":           404,
		"/Mutate-Pod":             404,
		"/":                       404,
		"/validate-pods":          404,
		"/mutate-apps-kruise-io-v1alpha1-cloneset": 200,
		"/validate-apps-kruise-io-cloneset":        200,
	} {
		response, err := client.Post(ts.URL+path, "application/json", strings.NewReader(podReview))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: HTTP status is %d, want %d", path, response.StatusCode, want)
		}
	}
}

func TestDecisionsOnTheWire(t *testing.T) {
	invalid := decision.Invalid(field.ErrorList{field.Invalid(field.NewPath("spec", "replicas"), -1, "must be 0 or more")})
	for name, test := range map[string]struct {
		decision decision.Decision
		want     map[string]any
	}{
		"allowed": {decision.Allow(), map[string]any{
			"uid": "u-1", "allowed": true, "status": map[string]any{"metadata": map[string]any{}, "code": 200.0},
		}},
		"patched": {decision.AllowWithPatch([]decision.Operation{decision.Add("/metadata/labels", json.RawMessage(`{}`))}), map[string]any{
			"uid": "u-1", "allowed": true, "status": map[string]any{"metadata": map[string]any{}, "code": 200.0},
			"patchType": "JSONPatch", "patch": "W3sib3AiOiJhZGQiLCJwYXRoIjoiL21ldGFkYXRhL2xhYmVscyIsInZhbHVlIjp7fX1d",
		}},
		"warned and annotated": {decision.Decision{Allowed: true, Warnings: []string{"w"}, Audit: map[string]string{"a": "b"}}, map[string]any{
			"uid": "u-1", "allowed": true, "status": map[string]any{"metadata": map[string]any{}, "code": 200.0},
			"warnings": []any{"w"}, "auditAnnotations": map[string]any{"a": "b"},
		}},
		"forbidden": {decision.Forbid("no"), map[string]any{
			"uid": "u-1", "allowed": false, "status": map[string]any{
				"metadata": map[string]any{}, "status": "Failure", "code": 403.0, "reason": "Forbidden", "message": "no"},
		}},
		"invalid": {invalid, map[string]any{
			"uid": "u-1", "allowed": false, "status": map[string]any{
				"metadata": map[string]any{}, "status": "Failure", "code": 422.0, "reason": "Invalid",
				"message": "spec.replicas: Invalid value: -1: must be 0 or more",
				"details": map[string]any{"name": "p", "kind": "Pod", "causes": []any{map[string]any{
					"field": "spec.replicas", "message": "Invalid value: -1: must be 0 or more", "reason": string(metav1.CauseTypeFieldValueInvalid)}}}},
		}},
		"the zero decision refuses": {decision.Decision{}, map[string]any{
			"uid": "u-1", "allowed": false, "status": map[string]any{"metadata": map[string]any{}, "status": "Failure", "code": 403.0},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ts, _ := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				return test.decision, nil
			})
			for _, version := range []string{"admission.k8s.io/v1", "admission.k8s.io/v1beta1"} {
				response, answer := post(t, ts.URL+"/mutate-pod", strings.Replace(podReview, "admission.k8s.io/v1", version, 1))
				want := map[string]any{"apiVersion": version, "kind": "AdmissionReview", "response": test.want}
				if diff := cmp.Diff(want, answer); diff != "" {
					t.Errorf("%s (-want +got):\n%s", version, diff)
				}
				if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
					t.Errorf("got HTTP %d %s, want 200 application/json", response.StatusCode, response.Header.Get("Content-Type"))
				}
			}
		})
	}
}

func TestCannotTell(t *testing.T) {
	passing := decision.CannotTell("the view is behind")
	passing.RetryAfter = 1500 * time.Millisecond
	for name, test := range map[string]struct {
		rule       decision.ReviewerFunc
		change     func(*HandlerOptions)
		query      string
		status     int
		retryAfter string
		text       string
	}{
		"look-up failed": {
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				return decision.Decision{Allowed: true}, decision.CannotTell("list pods: %w", errors.New("boom"))
			},
			status: 500, text: "list pods: boom",
		},
		"look-up failed in a way that passes": {
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				return decision.Decision{}, passing
			},
			status: 503, retryAfter: "2", text: "the view is behind",
		},
		"panic": {
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				panic("secret of the pod")
			},
			status: 500, text: "internal error",
		},
		"deadline": {
			rule: func(ctx context.Context, _ *admissionv1.AdmissionRequest) (decision.Decision, error) {
				<-ctx.Done()
				return decision.Decision{}, decision.CannotTell("read: %w", ctx.Err())
			},
			query: "?timeout=50ms", status: 500, text: "deadline",
		},
		"not ready": {
			rule: func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
				return decision.Allow(), nil
			},
			change: func(o *HandlerOptions) { o.Ready = func() error { return errors.New("view: not filled") } },
			status: 503, retryAfter: "1", text: "view: not filled",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var changes []func(*HandlerOptions)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			ts, _ := serve(t, test.rule, changes...)
			response, err := http.Post(ts.URL+"/mutate-pod"+test.query, "application/json", strings.NewReader(podReview))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.status || response.Header.Get("Retry-After") != test.retryAfter {
				t.Errorf("got HTTP %d, Retry-After %q; want %d, %q", response.StatusCode, response.Header.Get("Retry-After"), test.status, test.retryAfter)
			}
			if !strings.Contains(string(text), test.text) || strings.Contains(string(text), "secret") {
				t.Errorf("body is %q, want it to contain %q and nothing that the rule panicked with", text, test.text)
			}
			if wantClose := test.retryAfter != ""; response.Close != wantClose {
				t.Errorf("Connection: close is %v, want %v", response.Close, wantClose)
			}
		})
	}
}

func TestOverload(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	ts, registry := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		entered <- struct{}{}
		<-leave
		return decision.Allow(), nil
	}, func(o *HandlerOptions) { o.MaxInFlight = 1 })
	first := make(chan int)
	go func() {
		response, err := http.Post(ts.URL+"/mutate-pod", "application/json", strings.NewReader(podReview))
		if err != nil {
			first <- 0
			return
		}
		_ = response.Body.Close()
		first <- response.StatusCode
	}()
	<-entered
	response, _ := post(t, ts.URL+"/mutate-pod", podReview)
	if response.StatusCode != 503 || response.Header.Get("Retry-After") != "1" || !response.Close {
		t.Errorf("got HTTP %d, Retry-After %q, close %v; want 503, 1, true", response.StatusCode, response.Header.Get("Retry-After"), response.Close)
	}
	close(leave)
	if status := <-first; status != 200 {
		t.Errorf("the review in flight was answered with HTTP %d, want 200", status)
	}
	if got := testutil.CollectAndCount(registry, "kruise_admission_shed_reviews_total"); got != 1 {
		t.Errorf("shed series: got %d, want 1", got)
	}
	if err := testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP kruise_admission_shed_reviews_total Reviews turned away because too many were in flight, or too many bytes of bodies and answers were held.
# TYPE kruise_admission_shed_reviews_total counter
kruise_admission_shed_reviews_total 1
`), "kruise_admission_shed_reviews_total"); err != nil {
		t.Error(err)
	}
}

func FuzzReview(f *testing.F) {
	f.Add([]byte(podReview))
	f.Add([]byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"object":null}}`))
	registry := prometheus.NewRegistry()
	m := newMetrics(registry, func() float64 { return 0 })
	handler := &reviewHandler{
		endpoint: "/fuzz", ready: func() error { return nil }, inFlight: newLimiter(1), metrics: m, log: logr.Discard(),
		reviewer: decision.ReviewerFunc(func(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
			return decision.Forbid(string(request.Object.Raw)), nil
		}),
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequest(http.MethodPost, "/fuzz", bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		var answer struct {
			Response *struct {
				Allowed *bool `json:"allowed"`
			} `json:"response"`
		}
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			t.Fatalf("the answer is no JSON: %v", err)
		}
		if recorder.Code != http.StatusOK || answer.Response == nil || answer.Response.Allowed == nil || *answer.Response.Allowed {
			t.Fatalf("got HTTP %d %s; want a refusal", recorder.Code, recorder.Body)
		}
	})
}
