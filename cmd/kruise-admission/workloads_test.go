package main

import (
	"encoding/json"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// workloadRules are the rules that flags and gates make, without a cluster.
func workloadRules(t *testing.T, gates, longNames string) webhook.Rules {
	t.Helper()
	parsed, err := webhook.ParseGates(gates)
	if err != nil {
		t.Fatal(err)
	}
	rules := webhook.Rules{Mutate: map[string]decision.Reviewer{}, Validate: map[string]decision.Reviewer{}}
	addWorkloads(&rules, &serveOptions{longNames: longNames}, parsed, lookups{})
	return rules
}

func reviewWorkload(t *testing.T, rule decision.Reviewer, kind, name, strategy string) decision.Decision {
	t.Helper()
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create,
		Resource:  metav1.GroupVersionResource{Group: "apps.kruise.io", Version: "v1beta1"},
	}
	request.Object.Raw = []byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"` + kind + `","metadata":{"name":"` + name + `","namespace":"default"},
		"spec":{"replicas":1,"podManagementPolicy":"OrderedReady","selector":{"matchLabels":{"a":"b"}},"updateStrategy":` + strategy + `,
		"template":{"metadata":{"labels":{"a":"b"}},"spec":{"hostNetwork":true,"containers":[{"name":"c","image":"c:1","ports":[{"containerPort":80}]}]}}}}`)
	answer, err := rule.Review(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestLongNamesFlagReachesEveryWorkload(t *testing.T) {
	const onDelete = `{"type":"OnDelete"}`
	for _, test := range []struct {
		kind string
		rule func(webhook.Rules) decision.Reviewer
		name string
	}{
		{"CloneSet", func(r webhook.Rules) decision.Reviewer { return r.Validate["clonesets"] }, strings.Repeat("n", 60)},
		{"StatefulSet", func(r webhook.Rules) decision.Reviewer { return r.Validate["statefulsets"] }, strings.Repeat("n", 60)},
		{"DaemonSet", func(r webhook.Rules) decision.Reviewer { return r.Validate["daemonsets"] }, strings.Repeat("n", 250)},
	} {
		t.Run(test.kind, func(t *testing.T) {
			refused := reviewWorkload(t, test.rule(workloadRules(t, "", longNamesRefuse)), test.kind, test.name, onDelete)
			if refused.Allowed || !strings.Contains(refused.Message, "metadata.name") {
				t.Errorf("refuse: allowed %t, message %s", refused.Allowed, refused.Message)
			}
			warned := reviewWorkload(t, test.rule(workloadRules(t, "", longNamesWarn)), test.kind, test.name, onDelete)
			if !warned.Allowed || !strings.Contains(strings.Join(warned.Warnings, "\n"), "metadata.name") {
				t.Errorf("warn: allowed %t, message %s, warnings %q", warned.Allowed, warned.Message, warned.Warnings)
			}
		})
	}
}

// TestGatesReachTheWorkloads looks for what a gate puts into the patch of a StatefulSet.
func TestGatesReachTheWorkloads(t *testing.T) {
	for _, test := range []struct {
		gate    string
		on, off string // what the patch has with the gate and without it
	}{
		{"StatefulSetAutoDeletePVC", `"whenScaled":"Retain"`, ""},
		{"StatefulSetAutoResizePVCGate", `/spec/volumeClaimUpdateStrategy`, ""},
		{"TemplateNoDefaults", "", `/spec/template/spec/dnsPolicy`},
		{"DefaultHostNetworkHostPortsInPodTemplates", `/hostPort`, ""},
	} {
		t.Run(test.gate, func(t *testing.T) {
			patch := func(value string) string {
				rule := workloadRules(t, test.gate+"="+value, longNamesRefuse).Mutate["statefulsets"]
				text, err := json.Marshal(reviewWorkload(t, rule, "StatefulSet", "web", "{}").Patch)
				if err != nil {
					t.Fatal(err)
				}
				return string(text)
			}
			on, off := patch("true"), patch("false")
			for _, want := range []struct{ patch, part, not string }{{on, test.on, test.off}, {off, test.off, test.on}} {
				if !strings.Contains(want.patch, want.part) || want.not != "" && strings.Contains(want.patch, want.not) {
					t.Errorf("patch %s, want it with %q and without %q", want.patch, want.part, want.not)
				}
			}
		})
	}
	rules := workloadRules(t, "CloneSetShortHash=true", longNamesRefuse)
	if answer := reviewWorkload(t, rules.Validate["clonesets"], "CloneSet", strings.Repeat("n", 60), `{"type":"OnDelete"}`); !answer.Allowed {
		t.Errorf("CloneSetShortHash: %s", answer.Message)
	}
}
