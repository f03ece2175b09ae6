package webhook

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/decision"
)

// renamed are the kinds whose paths named v1alpha1 in the charts of some release up to 1.9 and do not any more (spec/server.md 4).
var renamed = []string{
	"advancedcronjob", "broadcastjob", "cloneset", "containerrecreaterequest", "daemonset", "imagelistpulljob", "imagepulljob", "nodeimage",
	"resourcedistribution", "sidecarset", "uniteddeployment", "workloadspread",
}

// TestR11PathsOfEarlierReleases: a webhook configuration of any release of OpenKruise finds its path served, by the rule of today's path.
func TestR11PathsOfEarlierReleases(t *testing.T) {
	served := map[string][]string{} // entries of one path may leave its aliases to the first of them
	for _, endpoint := range Endpoints() {
		served[endpoint.Path] = append(served[endpoint.Path], endpoint.Aliases...)
	}
	found := map[string]bool{}
	for _, endpoint := range Endpoints() {
		for _, kind := range renamed {
			before, ok := strings.CutSuffix(endpoint.Path, "-apps-kruise-io-"+kind)
			if !ok {
				continue
			}
			found[kind] = true
			if old := before + "-apps-kruise-io-v1alpha1-" + kind; !slices.Contains(served[endpoint.Path], old) {
				t.Errorf("%s (%s) is not served as %s", endpoint.Path, endpoint.Name, old)
			}
		}
	}
	for _, kind := range renamed {
		if !found[kind] {
			t.Errorf("no endpoint is for %s", kind)
		}
	}
}

// TestR07ConversionDoesNotWaitForTheView: filling the view may need conversion, so /convert answers while reviews are told to come again.
func TestR07ConversionDoesNotWaitForTheView(t *testing.T) {
	server := NewServer(ServerOptions{})
	allow := decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Allow(), nil
	})
	for path, handler := range Handlers(HandlerOptions{
		Rules: rulesOf(allow), Ready: func() error { return errCanaryPending }, Registry: prometheus.NewRegistry(), Log: logr.Discard(),
	}) {
		server.Register(path, handler)
	}
	server.Register(ConvertPath, NewConvertHandler(convert.Object, logr.Discard()))
	ask := func(path, body string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		return answer
	}
	if answer := ask("/mutate-pod", canaryReview); answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("a review was answered %d, Retry-After %q; want 503 and a time", answer.Code, answer.Header().Get("Retry-After"))
	}
	answer := ask(ConvertPath, `{"apiVersion":"apiextensions.k8s.io/v1","kind":"ConversionReview","request":{"uid":"1","desiredAPIVersion":"apps.kruise.io/v1beta1",`+
		`"objects":[{"apiVersion":"apps.kruise.io/v1alpha1","kind":"SidecarSet","metadata":{"name":"a"},"spec":{"selector":{"matchLabels":{"a":"b"}}}}]}}`)
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `"status":"Success"`) {
		t.Errorf("a conversion was answered %d: %s", answer.Code, answer.Body)
	}
}

// TestServes: every path of the table is one that the server says it answers on, and nothing else is.
func TestServes(t *testing.T) {
	for path := range Handlers(HandlerOptions{Rules: rulesOf(decision.ReviewerFunc(nil)), Registry: prometheus.NewRegistry(), Log: logr.Discard()}) {
		if !Serves(path) {
			t.Errorf("%s: not served", path)
		}
	}
	for path, want := range map[string]bool{ConvertPath: true, "/": false, "/mutate-pod/": false, "/mutate-apps-kruise-io-v1alpha2-cloneset": false} {
		if got := Serves(path); got != want {
			t.Errorf("%s: served %t, want %t", path, got, want)
		}
	}
}
