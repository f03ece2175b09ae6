package defaults

import (
	"context"
	"strings"
	"testing"
)

func TestDaemonSetDefaults(t *testing.T) {
	const (
		template = `"template":` + plainTemplate
		rest     = `"burstReplicas":250,"revisionHistoryLimit":10`
	)
	rolling := func(members string) string {
		return template + `,` + rest + `,"updateStrategy":{"type":"RollingUpdate","rollingUpdate":{` + members + `}}`
	}
	sent := func(members string) string { return template + `,"updateStrategy":{"rollingUpdate":{` + members + `}}` }
	runDefaults(t, []defaultsCase[DaemonSet]{
		{
			name: "v1beta1 with nothing but selector and template, which stays", version: "v1beta1", sent: template,
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":1,"maxSurge":0`),
		},
		{
			name: "v1alpha1 with nothing but selector and template, which stays", version: "v1alpha1", sent: template,
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":1,"maxSurge":0`),
		},
		{
			name: "maxSurge alone", version: "v1beta1", sent: sent(`"maxSurge":"10%"`),
			want: rolling(`"rollingUpdateType":"Standard","maxSurge":"10%"`),
		},
		{
			name: "maxUnavailable alone", version: "v1beta1", sent: sent(`"maxUnavailable":2,"paused":true`),
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":2,"paused":true`),
		},
		{
			name: "in place", version: "v1beta1", sent: sent(`"rollingUpdateType":"InPlaceIfPossible"`),
			want: rolling(`"rollingUpdateType":"InPlaceIfPossible","maxUnavailable":1,"maxSurge":0`),
		},
		{
			name: "Surging", version: "v1alpha1", sent: sent(`"rollingUpdateType":"Surging"`),
			want: rolling(`"rollingUpdateType":"Standard","maxSurge":1,"maxUnavailable":0`),
		},
		{
			name: "Surging with values", version: "v1alpha1", sent: sent(`"rollingUpdateType":"Surging","maxSurge":"30%","maxUnavailable":1`),
			want: rolling(`"rollingUpdateType":"Standard","maxSurge":"30%","maxUnavailable":1`),
		},
		{
			name: "Surging is unknown in v1beta1", version: "v1beta1", sent: sent(`"rollingUpdateType":"Surging"`),
			want: rolling(`"rollingUpdateType":"Surging","maxUnavailable":1,"maxSurge":0`),
		},
		{
			name: "OnDelete has no rollout to default", version: "v1beta1", sent: template + `,"burstReplicas":"10%","updateStrategy":{"type":"OnDelete","rollingUpdate":{"partition":1}}`,
			want: template + `,"burstReplicas":"10%","revisionHistoryLimit":10,"updateStrategy":{"type":"OnDelete","rollingUpdate":{"partition":1}}`,
		},
		{
			name: "nulls", version: "v1alpha1", sent: template + `,"burstReplicas":null,"updateStrategy":null,"revisionHistoryLimit":null`,
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":1,"maxSurge":0`),
		},
		{
			name: "members unknown to this build stay", version: "v1beta1", sent: template + `,"colour":"red"`,
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":1,"maxSurge":0`) + `,"colour":"red"`,
		},
		{
			name: "update with another template, which stays", version: "v1beta1", sent: template, old: `"template":{"spec":{}}`,
			want: rolling(`"rollingUpdateType":"Standard","maxUnavailable":1,"maxSurge":0`),
		},
	})
}

// By the time of validation there is no Surging left to warn of.
func TestSurgingIsWarnedOf(t *testing.T) {
	for kind, want := range map[string]bool{"Surging": true, "Standard": false} {
		object := workloadJSON(`"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"` + kind + `"}}`)
		answer, err := DaemonSet{}.Review(context.Background(), workloadRequest("v1alpha1", object, ""))
		if err != nil {
			t.Fatal(err)
		}
		warnings := strings.Join(answer.Warnings, "\n")
		if strings.Contains(warnings, "write Standard with maxSurge 1 and maxUnavailable 0") != want || len(warnings) > 256 {
			t.Errorf("%s: warnings %q", kind, answer.Warnings)
		}
	}
}

func TestDaemonSetDefaultsRefuseWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object string }{
		{"unknown version", "v1gamma1", workloadJSON(`"burstReplicas":1`)},
		{"no object", "v1beta1", ""},
		{"another kind", "v1beta1", `{"kind":"CloneSet"}`},
		{"another version", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1beta1"}`},
		{"paused as a text", "v1beta1", workloadJSON(`"updateStrategy":{"rollingUpdate":{"paused":"yes"}}`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := DaemonSet{}.Review(context.Background(), workloadRequest(test.version, test.object, ""))
			if err != nil || answer.Allowed || answer.Code != 400 || answer.Message == "" {
				t.Errorf("answer %+v, error %v; want 400", answer, err)
			}
		})
	}
}

// What a DaemonSet was before plays no part, not even whether it can be read.
func TestDaemonSetDefaultsDoNotReadTheOldObject(t *testing.T) {
	answer, err := DaemonSet{}.Review(context.Background(), workloadRequest("v1beta1", workloadJSON(`"burstReplicas":1`), `"x"`))
	if err != nil || !answer.Allowed {
		t.Errorf("answer %+v, error %v", answer, err)
	}
}

func FuzzDaemonSetDefaults(f *testing.F) {
	f.Add("v1alpha1", workloadJSON(`"updateStrategy":{"rollingUpdate":{"rollingUpdateType":"Surging"}},"template":`+plainTemplate), "")
	f.Add("v1beta1", workloadJSON(`"updateStrategy":{"type":"RollingUpdate","rollingUpdate":null}`), `{}`)
	f.Add("v1beta1", `{"spec":null}`, ``)
	fuzzDefaults(f, DaemonSet{})
}
