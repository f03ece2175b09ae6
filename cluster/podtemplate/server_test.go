package podtemplate

// A server that stands for the API server.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const template = `{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"nginx:1.27","colour":"red"}]}}`

// apiServer is an HTTP server that stands for the API server and counts what it is asked.
type apiServer struct {
	*httptest.Server
	asked atomic.Int32
}

func newAPIServer(t *testing.T, handle http.HandlerFunc) *apiServer {
	t.Helper()
	s := &apiServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *apiServer) checker(t *testing.T, options Options) *Checker {
	t.Helper()
	client, err := kubernetes.NewForConfig(&rest.Config{Host: s.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	options.Namespace = "kruise-admission"
	checker, err := New(client, options)
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// answerJSON answers like the API server does: JSON with its status code, and warnings as headers.
func answerJSON(code int, body any, warnings ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, warning := range warnings {
			w.Header().Add("Warning", fmt.Sprintf("299 - %q", warning))
		}
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(body)
	}
}

func stored(template string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "PodTemplate",
		"metadata": map[string]any{"name": "kruise-admission-check-x"},
		"template": json.RawMessage(template),
	}
}

func status(code int32, reason metav1.StatusReason, message string, causes ...metav1.StatusCause) metav1.Status {
	return metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
		Details: &metav1.StatusDetails{Kind: "PodTemplate", Causes: causes},
	}
}
