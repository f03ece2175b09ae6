package resourcedryrun

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/decision"
)

const secret = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"keys","namespace":"kube-system","labels":{"a":"b"}},"data":{"k":"dg=="},"newer":1.50}`

// question is what the server was asked.
type question struct {
	path, query string
	body        any
}

// asked answers questions in turn, and returns a Checker and the questions.
func asked(t *testing.T, answers ...http.HandlerFunc) (*Checker, *[]question) {
	t.Helper()
	var questions []question
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		q := question{path: r.URL.Path, query: r.URL.RawQuery}
		if err := json.Unmarshal(raw, &q.body); err != nil {
			t.Error(err)
		}
		questions = append(questions, q)
		if len(questions) > len(answers) {
			t.Errorf("asked %d times, want %d", len(questions), len(answers))
			w.WriteHeader(http.StatusTeapot)
			return
		}
		answers[len(questions)-1](w, r)
	}))
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	checker, err := New(client, "own")
	if err != nil {
		t.Fatal(err)
	}
	return checker, &questions
}

func created(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"Secret"}`)
}

func refuses(code int32, reason metav1.StatusReason, message string, causes ...metav1.StatusCause) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(code))
		_ = json.NewEncoder(w).Encode(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
			Code: code, Reason: reason, Message: message, Details: &metav1.StatusDetails{Causes: causes},
		})
	}
}

// What is sent: nothing is stored, and the object decides neither about the resource nor about the namespace.
func TestQuestion(t *testing.T) {
	checker, questions := asked(t, created)
	causes, err := checker.CheckResource(context.Background(), "Secret", []byte(secret))
	if err != nil || len(causes) > 0 {
		t.Fatalf("causes %v, error %v", causes, err)
	}
	want := []question{{path: "/api/v1/namespaces/own/secrets", query: "dryRun=All", body: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"k": "dg=="}, "newer": 1.5,
		"metadata": map[string]any{"name": "keys", "namespace": "own", "labels": map[string]any{"a": "b"}},
	}}}
	if diff := cmp.Diff(want, *questions, cmp.AllowUnexported(question{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConfigMapWithoutMetadata(t *testing.T) {
	checker, questions := asked(t, created, created)
	for _, object := range []string{`{}`, `{"metadata":null}`} {
		if causes, err := checker.CheckResource(context.Background(), "ConfigMap", []byte(object)); err != nil || len(causes) > 0 {
			t.Fatalf("%s: causes %v, error %v", object, causes, err)
		}
	}
	for _, q := range *questions {
		if q.path != "/api/v1/namespaces/own/configmaps" {
			t.Errorf("asked %s", q.path)
		}
	}
}

// An object of the name hides what is checked later, so the rest is asked about under another name.
func TestNameIsTaken(t *testing.T) {
	cause := metav1.StatusCause{Type: "FieldValueInvalid", Field: "data[a b]", Message: "no key"}
	taken := refuses(409, metav1.StatusReasonAlreadyExists, `secrets "keys" already exists`)
	for _, test := range []struct {
		name   string
		second http.HandlerFunc
		want   []metav1.StatusCause
	}{
		{"and the rest is valid", created, nil},
		{"and the rest is not", refuses(422, metav1.StatusReasonInvalid, "", cause), []metav1.StatusCause{cause}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checker, questions := asked(t, taken, test.second)
			causes, err := checker.CheckResource(context.Background(), "Secret", []byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, causes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			metadata := (*questions)[1].body.(map[string]any)["metadata"].(map[string]any)
			if metadata["name"] != nil || metadata["generateName"] != "kruise-admission-check-" || metadata["namespace"] != "own" {
				t.Errorf("metadata %v", metadata)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   metav1.StatusCause
	}{
		{"invalid, with causes", refuses(422, metav1.StatusReasonInvalid, "", metav1.StatusCause{Type: "FieldValueRequired", Field: "metadata.name", Message: "x"}),
			metav1.StatusCause{Type: "FieldValueRequired", Field: "metadata.name", Message: "x"}},
		{"invalid, without", refuses(422, metav1.StatusReasonInvalid, "no"), metav1.StatusCause{Type: "FieldValueInvalid", Message: "no"}},
		{"undecodable", refuses(400, metav1.StatusReasonBadRequest, "illegal base64"), metav1.StatusCause{Type: "FieldValueInvalid", Message: "illegal base64"}},
		{"too large", refuses(413, metav1.StatusReasonRequestEntityTooLarge, "large"), metav1.StatusCause{Type: "FieldValueInvalid", Message: "large"}},
		{"a quota or a policy", refuses(403, metav1.StatusReasonForbidden, "exceeded quota"), metav1.StatusCause{Type: "FieldValueForbidden", Message: "exceeded quota"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checker, _ := asked(t, test.answer)
			causes, err := checker.CheckResource(context.Background(), "Secret", []byte(secret))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]metav1.StatusCause{test.want}, causes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCannotTell(t *testing.T) {
	for _, test := range []struct {
		name         string
		kind, object string
		answers      []http.HandlerFunc
		again        bool
	}{
		{"no permission of ours", "Secret", secret,
			[]http.HandlerFunc{refuses(403, metav1.StatusReasonForbidden, `secrets is forbidden: User "us" cannot create resource "secrets" in API group ""`)}, false},
		{"overloaded", "Secret", secret, []http.HandlerFunc{refuses(429, metav1.StatusReasonTooManyRequests, "later")}, true},
		{"broken", "Secret", secret, []http.HandlerFunc{refuses(500, metav1.StatusReasonInternalError, "oops")}, true},
		{"no such namespace", "Secret", secret, []http.HandlerFunc{refuses(404, metav1.StatusReasonNotFound, `namespaces "own" not found`)}, false},
		{"another kind", "Pod", secret, nil, false},
		{"no object", "Secret", `[]`, nil, false},
		{"no metadata", "Secret", `{"metadata":3}`, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			checker, _ := asked(t, test.answers...)
			causes, err := checker.CheckResource(context.Background(), test.kind, []byte(test.object))
			var unable *decision.Unable
			if !errors.As(err, &unable) || causes != nil {
				t.Fatalf("causes %v, error %v", causes, err)
			}
			if _, again := decision.RetryAfter(err); again != test.again {
				t.Errorf("asking again helps: %t, want %t", again, test.again)
			}
		})
	}
}

// More questions than there are slots wait, and give up with their request.
func TestQuestionsAreBounded(t *testing.T) {
	checker, _ := asked(t)
	for range parallel {
		checker.slots <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := checker.CheckResource(ctx, "Secret", []byte(secret)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want that the deadline has passed", err)
	}
}

func TestNamespaceIsRequired(t *testing.T) {
	if _, err := New(nil, ""); err == nil {
		t.Error("no error")
	}
}
