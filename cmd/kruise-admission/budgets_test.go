package main

import (
	"errors"
	"testing"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// Without a cluster nobody knows the counts of a budget, nor the pod behind an eviction; who is not asked need not know.
func TestBudgetsWithoutACluster(t *testing.T) {
	const protected = `{"metadata":{"name":"web-1","annotations":{"pub.kruise.io/related-pub":"web"}},
		"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`
	requests := map[string]*admissionv1.AdmissionRequest{
		"delete":   {Operation: admissionv1.Delete, OldObject: runtime.RawExtension{Raw: []byte(protected)}},
		"eviction": {Operation: admissionv1.Create, SubResource: "eviction", Object: runtime.RawExtension{Raw: []byte(`{}`)}},
		"update": {Operation: admissionv1.Update, OldObject: runtime.RawExtension{Raw: []byte(protected)},
			Object: runtime.RawExtension{Raw: []byte(`{"spec":{"containers":[{"name":"more"}]}}`)}},
	}
	for _, test := range []struct {
		gates  string
		unable []string
	}{
		{"", []string{"delete", "eviction"}},
		{"PodUnavailableBudgetUpdateGate=true", []string{"delete", "eviction", "update"}},
		{"PodUnavailableBudgetDeleteGate=false,PodUnavailableBudgetUpdateGate=true", []string{"update"}},
		{"PodUnavailableBudgetDeleteGate=false", nil},
		{"PodWebhook=false", nil},
	} {
		gates, err := webhook.ParseGates(test.gates)
		if err != nil {
			t.Fatal(err)
		}
		p := &parts{rules: webhook.Rules{Validate: map[string]decision.Reviewer{}}}
		p.addBudgets(gates, lookups{}, logr.Discard())
		unable := map[string]bool{}
		for _, name := range test.unable {
			unable[name] = true
		}
		for name, request := range requests {
			request.Namespace, request.Name = "shop", "web-1"
			request.Resource = metav1.GroupVersionResource{Version: "v1", Resource: "pods"}
			d, err := p.rules.ValidatePod.Review(t.Context(), request)
			var cannotTell *decision.Unable
			if errors.As(err, &cannotTell) != unable[name] || err == nil && !d.Allowed {
				t.Errorf("%s, gates %q: %+v, %v", name, test.gates, d, err)
			}
		}
	}
}
