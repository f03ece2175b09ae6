package webhook

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestR14TenThousandNamespacesAddNoSeries: on every path, whatever requests are called and whoever sends them.
func TestR14TenThousandNamespacesAddNoSeries(t *testing.T) {
	registry := prometheus.NewRegistry()
	handlers := Handlers(HandlerOptions{
		Rules: rulesOf(decision.ReviewerFunc(func(_ context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
			return decision.Forbid("no " + request.Namespace), nil
		})),
		Ready: func() error { return nil }, Registry: registry, Log: logr.Discard(),
	})
	paths := slices.Sorted(maps.Keys(handlers))
	ask := func(n int) {
		review := fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-%[1]d","kind":{"group":"g%[1]d","version":"v1","kind":"K%[1]d"},`+
			`"resource":{"group":"g%[1]d","version":"v1","resource":"r%[1]d"},"subResource":"s%[1]d","name":"p-%[1]d","namespace":"n-%[1]d","operation":"CREATE",`+
			`"userInfo":{"username":"u-%[1]d"},"object":{"metadata":{"name":"p-%[1]d"}}}}`, n)
		request := httptest.NewRequest(http.MethodPost, paths[n%len(paths)]+fmt.Sprintf("?timeout=%dms", 1000+n), strings.NewReader(review))
		request.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		handlers[request.URL.Path].ServeHTTP(answer, request)
		if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), fmt.Sprintf(`"uid":"u-%d"`, n)) {
			t.Fatalf("review %d: HTTP %d: %s", n, answer.Code, answer.Body)
		}
	}
	series := func() int {
		count, err := testutil.GatherAndCount(registry)
		if err != nil {
			t.Fatal(err)
		}
		return count
	}
	for n := range paths {
		ask(n)
	}
	before := series()
	for n := range 10_000 {
		ask(n)
	}
	if after := series(); after != before || before == 0 {
		t.Errorf("%d series, %d after the first request on each path", after, before)
	}
}

// TestPanicsAreCountedFromZero: an alert about an increase sees none when a series begins with its first panic.
func TestPanicsAreCountedFromZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	handlers := Handlers(HandlerOptions{
		Rules: rulesOf(decision.ReviewerFunc(nil)), Ready: func() error { return nil }, Registry: registry, Log: logr.Discard(),
	})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := map[string]bool{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "kruise_admission_panics_total" && metric.GetCounter().GetValue() == 0 {
				counted[metric.GetLabel()[0].GetValue()] = true
			}
		}
	}
	aliases := map[string]bool{} // share the handler of their path
	for _, endpoint := range Endpoints() {
		for _, alias := range endpoint.Aliases {
			aliases[alias] = true
		}
	}
	for path := range handlers {
		if !counted[path] && !aliases[path] {
			t.Errorf("%s: nothing is counted yet", path)
		}
	}
}
