package chart

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// TestSelectorsAndConditionsOfEachConcern: what narrows a concern is on all its entries, beside what the table says, and on no other's.
func TestSelectorsAndConditionsOfEachConcern(t *testing.T) {
	text := func(value any) string {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded)
	}
	const mark = "mark-of-the-test"
	type webhook = admissionregistrationv1.ValidatingWebhook
	namespaces := func(w webhook) any { return w.NamespaceSelector }
	objects := func(w webhook) any { return w.ObjectSelector }
	conditions := func(w webhook) any { return w.MatchConditions }
	for name, test := range map[string]struct {
		set   string
		field func(webhook) any
		// has are entries that hold the mark, and beside it what the table says; lacks are some that do not.
		has   map[string]string
		lacks []string
	}{
		"namespaces without pods": {
			"webhooks.pods.excludedNamespaces={" + mark + "}", namespaces,
			map[string]string{"mpod.kb.io": "kube-system"}, []string{"vpod.kb.io", "mcloneset.kb.io", "vbuiltindeployment.kb.io"},
		},
		"pods with a label": {
			"webhooks.pods.objectSelector.matchLabels." + mark + "=yes", objects,
			map[string]string{"mpod.kb.io": "yes"}, []string{"vpod.kb.io", "mcloneset.kb.io", "vnamespace.kb.io"},
		},
		"pods by condition": {
			"webhooks.pods.matchConditions[0].name=" + mark + ",webhooks.pods.matchConditions[0].expression=1 == 1", conditions,
			map[string]string{"mpod.kb.io": "1 == 1"}, []string{"vpod.kb.io", "mcloneset.kb.io", "vnamespace.kb.io"},
		},
		"namespaces without disruptions": {
			"webhooks.disruptions.excludedNamespaces={" + mark + "}", namespaces,
			map[string]string{"vpod.kb.io": "kube-system"}, []string{"mpod.kb.io", "mcloneset.kb.io", "vnamespace.kb.io"},
		},
		"disruptions by condition": {
			"webhooks.disruptions.matchConditions[0].name=" + mark + ",webhooks.disruptions.matchConditions[0].expression=1 == 1", conditions,
			map[string]string{"vpod.kb.io": "1 == 1"}, []string{"mpod.kb.io", "mcloneset.kb.io", "vnamespace.kb.io"},
		},
		"namespaces of workloads": {
			"webhooks.workloads.namespaceSelector.matchLabels." + mark + "=yes", namespaces,
			map[string]string{"mcloneset.kb.io": "yes", "vsidecarset.kb.io": "yes"}, []string{"mpod.kb.io", "vpod.kb.io", "vnamespace.kb.io"},
		},
		"workloads by condition": {
			"webhooks.workloads.matchConditions[0].name=" + mark + ",webhooks.workloads.matchConditions[0].expression=1 == 1", conditions,
			map[string]string{"mcloneset.kb.io": "1 == 1", "vsidecarset.kb.io": "1 == 1"}, []string{"mpod.kb.io", "vpod.kb.io", "vnamespace.kb.io"},
		},
		"namespaces of protection": {
			"webhooks.protection.namespaceSelector.matchLabels." + mark + "=yes", namespaces,
			map[string]string{"vnamespace.kb.io": "yes", "vservice.kb.io": "yes"}, []string{"mpod.kb.io", "vpod.kb.io", "mcloneset.kb.io"},
		},
		"protection by condition": {
			"webhooks.protection.matchConditions[0].name=" + mark + ",webhooks.protection.matchConditions[0].expression=1 == 1", conditions,
			map[string]string{"vnamespace.kb.io": "1 == 1", "vservice.kb.io": "1 == 1"}, []string{"mpod.kb.io", "vpod.kb.io", "mcloneset.kb.io"},
		},
		"one entry": {
			`webhooks.entries.vservice\.kb\.io.objectSelector.matchLabels.` + mark + "=yes", objects,
			map[string]string{"vservice.kb.io": "yes"}, []string{"mpod.kb.io", "vnamespace.kb.io"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			rendered := render(t, "--set", test.set)
			for name, beside := range test.has {
				if got := text(test.field(entry(t, rendered, release, name))); !strings.Contains(got, mark) || !strings.Contains(got, beside) {
					t.Errorf("%s: got %s", name, got)
				}
			}
			for _, name := range test.lacks {
				if got := text(test.field(entry(t, rendered, release, name))); strings.Contains(got, mark) {
					t.Errorf("%s: got %s", name, got)
				}
			}
		})
	}
}

// TestPartsCanBeLeftOut: what somebody else has installed, or nobody wants.
func TestPartsCanBeLeftOut(t *testing.T) {
	for set, kinds := range map[string][]string{
		"replicas=2": { // nothing is set
			"Namespace", "HorizontalPodAutoscaler", "NetworkPolicy", "ServiceMonitor", "PrometheusRule", "ConfigMap", "Certificate", "Issuer",
		},
		"crds.install=false":                    {"CustomResourceDefinition"},
		"webhooks.create=false":                 {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"},
		"rbac.create=false,audit.evictMissed=1": {"ClusterRole", "ClusterRoleBinding"},
		"podDisruptionBudget.enabled=false":     {"PodDisruptionBudget"},
	} {
		t.Run(set, func(t *testing.T) {
			for _, object := range renderAll(t, "--set", set) {
				if slices.Contains(kinds, object.GetKind()) {
					t.Errorf("%s %s is there", object.GetKind(), object.GetName())
				}
			}
		})
	}
	without := render(t, "--set", "serviceAccount.create=false,serviceAccount.name=given")
	if account := find(without, "ServiceAccount", release); account != nil {
		t.Error("the ServiceAccount is there")
	}
	if account := deployment(t, without).Spec.Template.Spec.ServiceAccountName; account != "given" {
		t.Errorf("the pods have ServiceAccount %s", account)
	}
	for _, object := range renderAll(t) {
		if object.GetKind() == "CustomResourceDefinition" && object.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s goes with the release", object.GetName())
		}
	}
}
