package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// TestGatesReachJobs holds the wiring: each gate changes the answer of the rules that depend on it.
func TestGatesReachJobs(t *testing.T) {
	const (
		pods = `{"spec":{"restartPolicy":"Never","hostNetwork":true,"containers":[{"name":"c","image":"c:1","ports":[{"containerPort":80}]}]}}`
		// Without host ports these two do not clash.
		clashing = `{"spec":{"restartPolicy":"Never","hostNetwork":true,"containers":[{"name":"a","image":"c:1","ports":[{"containerPort":80}]},
			{"name":"b","image":"c:1","ports":[{"containerPort":80}]}]}}`
		broadcast = `"kind":"BroadcastJob","metadata":{"name":"j","namespace":"n"},"spec":{"template":%s}`
		cron      = `"kind":"AdvancedCronJob","metadata":{"name":"j","namespace":"n"},"spec":{"schedule":"@daily","template":{"jobTemplate":{"spec":{"template":%s}}}}`
		recreate  = `"kind":"ContainerRecreateRequest","metadata":{"name":"r","namespace":"n"},"spec":{"podName":"p","containers":[{"name":"c"}]}`
	)
	for _, test := range []struct {
		name   string
		gate   string // with the value that is not the default
		rule   func(webhook.Rules) decision.Reviewer
		object string
	}{
		{"BroadcastJob, stored", "TemplateNoDefaults=true", func(r webhook.Rules) decision.Reviewer { return r.Mutate["broadcastjobs"] }, fmt.Sprintf(broadcast, pods)},
		{"BroadcastJob, stored ports", "DefaultHostNetworkHostPortsInPodTemplates=true", func(r webhook.Rules) decision.Reviewer { return r.Mutate["broadcastjobs"] }, fmt.Sprintf(broadcast, pods)},
		{"BroadcastJob, judged", "DefaultHostNetworkHostPortsInPodTemplates=true", func(r webhook.Rules) decision.Reviewer { return r.Validate["broadcastjobs"] }, fmt.Sprintf(broadcast, clashing)},
		{"AdvancedCronJob, stored", "TemplateNoDefaults=true", func(r webhook.Rules) decision.Reviewer { return r.Mutate["advancedcronjobs"] }, fmt.Sprintf(cron, pods)},
		{"AdvancedCronJob, stored ports", "DefaultHostNetworkHostPortsInPodTemplates=true", func(r webhook.Rules) decision.Reviewer { return r.Mutate["advancedcronjobs"] }, fmt.Sprintf(cron, pods)},
		{"AdvancedCronJob, judged", "DefaultHostNetworkHostPortsInPodTemplates=true", func(r webhook.Rules) decision.Reviewer { return r.Validate["advancedcronjobs"] }, fmt.Sprintf(cron, clashing)},
		{"ContainerRecreateRequest", "KruiseDaemon=false", func(r webhook.Rules) decision.Reviewer { return r.Mutate["containerrecreaterequests"] }, recreate},
	} {
		t.Run(test.name, func(t *testing.T) {
			usual, other := jobAnswer(t, "", test.rule, test.object), jobAnswer(t, test.gate, test.rule, test.object)
			if !usual.Allowed || cmp.Equal(other, usual) {
				t.Errorf("%s changes nothing: %+v, by default %+v", test.gate, other, usual)
			}
		})
	}
}

func jobAnswer(t *testing.T, gates string, rule func(webhook.Rules) decision.Reviewer, object string) decision.Decision {
	t.Helper()
	parsed, err := webhook.ParseGates(gates)
	if err != nil {
		t.Fatal(err)
	}
	rules := webhook.Rules{Mutate: map[string]decision.Reviewer{}, Validate: map[string]decision.Reviewer{}}
	addJobs(&rules, parsed, lookups{})
	request := &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Resource: metav1.GroupVersionResource{Group: "apps.kruise.io", Version: "v1beta1"},
	}
	request.Object.Raw = []byte(`{"apiVersion":"apps.kruise.io/v1beta1",` + object + `}`)
	answer, err := rule(rules).Review(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}
