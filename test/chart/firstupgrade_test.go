package chart

import (
	"context"
	"slices"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestFirstUpgradeTakesAway: the configurations come by a hook at the installation, of which Helm remembers nothing. Nevertheless the next
// upgrade takes out of the cluster what the values no longer say: entries, selectors and conditions, and a whole configuration.
func TestFirstUpgradeTakesAway(t *testing.T) {
	cluster, _ := start(t)
	if _, err := helmIn(t.Context(), t, cluster, "install", release, chartDir(), "--set", "crds.install=false,webhooks.pods.secondChance=true,webhooks.pods.objectSelector.matchLabels.sidecars=wanted,"+
		"webhooks.pods.matchConditions[0].name=a,webhooks.pods.matchConditions[0].expression=1 == 1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := helmIn(context.Background(), t, cluster, "uninstall", release); err != nil {
			t.Error(err)
		}
	})
	pods := func() *admissionregistrationv1.MutatingWebhook {
		t.Helper()
		mutating, err := cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), release, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(mutating.Webhooks, func(w admissionregistrationv1.MutatingWebhook) bool { return w.Name == "mpod.kb.io" })
		if i < 0 {
			t.Fatal("there is no entry mpod.kb.io")
		}
		return &mutating.Webhooks[i]
	}
	condition := func(c admissionregistrationv1.MatchCondition) bool { return c.Name == "a" }
	if got := pods(); len(got.ObjectSelector.MatchLabels) != 1 || !slices.ContainsFunc(got.MatchConditions, condition) || len(got.Rules) == 0 {
		t.Fatalf("the installation has made %v", got)
	}
	if _, err := helmIn(t.Context(), t, cluster, "upgrade", release, chartDir(), "--set", "crds.install=false,webhooks.skip={vingress.kb.io}"); err != nil {
		t.Fatal(err)
	}
	if got := pods(); len(got.ObjectSelector.MatchLabels) != 0 || len(got.MatchConditions) != 0 || len(got.Rules) == 0 {
		t.Errorf("the upgrade has left %v", got)
	}
	if _, err := cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations().Get(t.Context(), secondName, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the upgrade has left the second chance: %v", err)
	}
	validating, err := cluster.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), release, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, webhook := range validating.Webhooks {
		if webhook.Name == "vingress.kb.io" {
			t.Error("the upgrade has left the entry vingress.kb.io, which is to be skipped")
		}
		if len(webhook.Rules) == 0 {
			t.Errorf("entry %s asks about nothing", webhook.Name)
		}
	}
}
