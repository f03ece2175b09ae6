package webhook

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestLastReview proves that a server that nobody calls shows: knocking at the port is no call, a review is, and also one that was
// refused.
func TestLastReview(t *testing.T) {
	ts, registry := serve(t, func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
		return decision.Forbid("no"), nil
	})
	if at := gaugeOf(t, registry, "kruise_admission_last_review_timestamp_seconds"); at != 0 {
		t.Errorf("before any review: %v, want 0", at)
	}
	post(t, ts.URL+"/mutate-pod", `{"kind":"Pod"}`)
	if at := gaugeOf(t, registry, "kruise_admission_last_review_timestamp_seconds"); at != 0 {
		t.Errorf("after something unreadable: %v, want 0", at)
	}
	post(t, ts.URL+"/mutate-pod", podReview)
	if at := gaugeOf(t, registry, "kruise_admission_last_review_timestamp_seconds"); at <= 0 {
		t.Errorf("after a review: %v, want a time", at)
	}
}

// gaugeOf reads a gauge that has no labels.
func gaugeOf(t *testing.T, registry *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			return family.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("there is no metric %s", name)
	return 0
}
