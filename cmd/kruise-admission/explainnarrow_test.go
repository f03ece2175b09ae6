package main

import (
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/narrow"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// TestExplainNarrowed: of the match conditions of an entry the one is judged that the server keeps, as long as it is that of the SidecarSets as
// they are.
func TestExplainNarrowed(t *testing.T) {
	set, err := cluster.ReadSidecarSet([]byte(`{"metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"web"}},"containers":[{"name":"agent","image":"agent:1"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	view := newEmptyView()
	view.Apply(cluster.Change{SidecarSets: cluster.Delta[cluster.SidecarSet]{Put: map[string]cluster.SidecarSet{"agent": set}}})
	current, ok := narrow.Expression(view.SidecarSets(), nil)
	if !ok {
		t.Fatal("nothing is narrowed")
	}
	selected := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}}
	condition := func(name, expression string) admissionregistrationv1.MatchCondition {
		return admissionregistrationv1.MatchCondition{Name: name, Expression: expression}
	}
	for name, test := range map[string]struct {
		conditions []admissionregistrationv1.MatchCondition
		pod        *corev1.Pod
		sends, why string
	}{
		"a pod that a SidecarSet selects": {[]admissionregistrationv1.MatchCondition{condition(narrow.ConditionName, current)}, selected, "yes", "the match condition kruise-admission-narrow match"},
		"a pod that none selects":         {[]admissionregistrationv1.MatchCondition{condition(narrow.ConditionName, current)}, &corev1.Pod{}, "no", "its match condition kruise-admission-narrow"},
		"more is not known of the pod":    {[]admissionregistrationv1.MatchCondition{condition(narrow.ConditionName, current)}, nil, "unknown", "not evaluated here: kruise-admission-narrow"},
		"of SidecarSets as they were":     {[]admissionregistrationv1.MatchCondition{condition(narrow.ConditionName, "false")}, selected, "unknown", "not evaluated here: kruise-admission-narrow (false)"},
		"with another, which is unknown": {
			[]admissionregistrationv1.MatchCondition{condition("mine", "1 < 2"), condition(narrow.ConditionName, current)}, selected, "unknown", "not evaluated here: mine (1 < 2)",
		},
		"with another, which does not matter": {
			[]admissionregistrationv1.MatchCondition{condition("mine", "1 < 2"), condition(narrow.ConditionName, current)}, &corev1.Pod{}, "no", narrow.ConditionName,
		},
	} {
		configuration, _ := webhook.Configurations(webhook.ConfigurationOptions{Name: "ka", Namespace: "n", Service: "s"})
		configuration.Webhooks[0].MatchConditions = test.conditions
		entries := podEntries([]admissionregistrationv1.MutatingWebhookConfiguration{*configuration})
		podLabels := map[string]string{}
		if test.pod != nil {
			podLabels = test.pod.Labels
		}
		verdicts, err := sentBy(t.Context(), entries, view, "shop", podLabels, test.pod)
		if err != nil || len(verdicts) != 1 {
			t.Fatal(verdicts, err)
		}
		if verdicts[0].Sends != test.sends || !strings.Contains(verdicts[0].Why, test.why) {
			t.Errorf("%s: %s, %s", name, verdicts[0].Sends, verdicts[0].Why)
		}
	}
}
