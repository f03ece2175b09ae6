package defaults

import (
	"context"
	"errors"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

const (
	// orderedRollout is what a StatefulSet gets that says nothing about its update.
	orderedRollout = `"podManagementPolicy":"OrderedReady","updateStrategy":{"type":"RollingUpdate",
		"rollingUpdate":{"partition":0,"maxUnavailable":1,"podUpdatePolicy":"ReCreate","minReadySeconds":0}}`
	retained = `"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}`
	ordered  = `"replicas":2,"revisionHistoryLimit":3,` + orderedRollout
)

func TestStatefulSetDefaults(t *testing.T) {
	template, filled := `"template":`+plainTemplate, `"template":`+defaultedTemplate
	runDefaults(t, []defaultsCase[StatefulSet]{
		{
			name: "v1beta1 with nothing but selector, template and service", version: "v1beta1", reviewer: StatefulSet{AutoDeletePVC: true},
			sent: template + `,"serviceName":"web"`,
			want: filled + `,"serviceName":"web","replicas":1,"revisionHistoryLimit":10,` + orderedRollout + `,` + retained,
		},
		{
			name: "v1alpha1 has no retention policy", version: "v1alpha1", reviewer: StatefulSet{AutoDeletePVC: true, AutoResizePVC: true},
			sent: template,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,` + orderedRollout,
		},
		{
			name: "gate StatefulSetAutoDeletePVC off", version: "v1beta1",
			sent: ordered + `,` + template + `,"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}`,
			want: ordered + `,` + filled + `,"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}`,
		},
		{
			name: "retention policy by half", version: "v1beta1", reviewer: StatefulSet{AutoDeletePVC: true},
			sent: ordered + `,` + template + `,"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete"}`,
			want: ordered + `,` + filled + `,"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Delete","whenScaled":"Retain"}`,
		},
		{
			name: "gate StatefulSetAutoResizePVCGate", version: "v1beta1", reviewer: StatefulSet{AutoResizePVC: true},
			sent: ordered + `,` + template,
			want: ordered + `,` + filled + `,"volumeClaimUpdateStrategy":{"type":"OnDelete"}`,
		},
		{
			name: "gate StatefulSetAutoResizePVCGate, given", version: "v1beta1", reviewer: StatefulSet{AutoResizePVC: true},
			sent: ordered + `,` + template + `,"volumeClaimUpdateStrategy":{"type":"OnPodRollingUpdate"}`,
			want: ordered + `,` + filled + `,"volumeClaimUpdateStrategy":{"type":"OnPodRollingUpdate"}`,
		},
		{
			name: "OnDelete has no rollout to default", version: "v1beta1",
			sent: template + `,"updateStrategy":{"type":"OnDelete"},"podManagementPolicy":"Parallel","replicas":0,"revisionHistoryLimit":0`,
			want: filled + `,"updateStrategy":{"type":"OnDelete"},"podManagementPolicy":"Parallel","replicas":0,"revisionHistoryLimit":0`,
		},
		{
			name: "given values stay, and no readiness gate comes", version: "v1alpha1",
			sent: template + `,"podManagementPolicy":"Parallel","updateStrategy":{"rollingUpdate":{"partition":3,"maxUnavailable":"10%",
				"podUpdatePolicy":"InPlaceOnly","minReadySeconds":7,"paused":true,"unorderedUpdate":{}}}`,
			want: filled + `,"podManagementPolicy":"Parallel","replicas":1,"revisionHistoryLimit":10,"updateStrategy":{"type":"RollingUpdate",
				"rollingUpdate":{"partition":3,"maxUnavailable":"10%","podUpdatePolicy":"InPlaceOnly","minReadySeconds":7,"paused":true,"unorderedUpdate":{}}}`,
		},
		{
			name: "nulls", version: "v1beta1", sent: template + `,"replicas":null,"updateStrategy":{"rollingUpdate":null},"podManagementPolicy":""`,
			want: filled + `,"replicas":1,"revisionHistoryLimit":10,` + orderedRollout,
		},
		{
			name: "claim templates", version: "v1beta1",
			sent: ordered + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"resources":{"requests":{"storage":"2048Mi"}}}}]`,
			want: ordered + `,` + filled + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"resources":{"requests":{"storage":"2Gi"}}},"status":{"phase":"Pending"}}]`,
		},
		{
			name: "members unknown to this build stay", version: "v1beta1",
			sent: ordered + `,"colour":"red",` + template, want: ordered + `,"colour":"red",` + filled,
		},
		{
			name: "update with the same template leaves template and claims alone", version: "v1beta1",
			sent: ordered + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`, old: ordered + `,` + template,
			want: ordered + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
		},
		{
			name: "update with another template defaults it", version: "v1beta1",
			sent: ordered + `,` + template, old: ordered + `,"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.26"}]}}`,
			want: ordered + `,` + filled,
		},
		{
			name: "gate TemplateNoDefaults", version: "v1beta1", reviewer: StatefulSet{NoTemplateDefaults: true},
			sent: ordered + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
			want: ordered + `,` + template + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]`,
		},
	})
}

func TestStatefulSetDefaultsLeaveTheStatusAlone(t *testing.T) {
	const object = `{"metadata":{"name":"web"},"spec":{` + ordered + `,"template":` + defaultedTemplate + `},"status":{"replicas":2,"currentRevision":"x"}}`
	compareJSON(t, object, defaulted(t, StatefulSet{}, workloadRequest("v1beta1", object, "")))
}

func TestStatefulSetDefaultsRefuseWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object, old string }{
		{"unknown version", "v1", workloadJSON(ordered), ""},
		{"no object", "v1beta1", "", ""},
		{"another kind", "v1beta1", `{"kind":"DaemonSet"}`, ""},
		{"another version", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1beta1"}`, ""},
		{"a partition in percent", "v1beta1", workloadJSON(`"updateStrategy":{"rollingUpdate":{"partition":"10%"}}`), ""},
		{"an old object that is a text", "v1beta1", workloadJSON(ordered), `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer, err := StatefulSet{}.Review(context.Background(), workloadRequest(test.version, test.object, test.old))
			if err != nil || answer.Allowed || answer.Code != 400 || answer.Message == "" {
				t.Errorf("answer %+v, error %v; want 400", answer, err)
			}
		})
	}
}

func TestStatefulSetOfAClusterThatDoesNotAnswerIsCannotTell(t *testing.T) {
	unreachable := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		return "", nil, decision.CannotTell("connection refused")
	})
	request := workloadRequest("v1beta1", workloadJSON(ordered+`,"template":`+plainTemplate), "")
	_, err := StatefulSet{Templates: unreachable}.Review(context.Background(), request)
	var unable *decision.Unable
	if !errors.As(err, &unable) {
		t.Errorf("error %v, want cannot tell", err)
	}
}

func FuzzStatefulSetDefaults(f *testing.F) {
	f.Add("v1alpha1", workloadJSON(ordered+`,"template":`+plainTemplate), "")
	f.Add("v1beta1", workloadJSON(`"updateStrategy":{"rollingUpdate":null},"persistentVolumeClaimRetentionPolicy":null,"volumeClaimUpdateStrategy":{"type":""}`), `{}`)
	f.Add("v1beta1", `{"spec":{"volumeClaimTemplates":[null,{"status":{"capacity":{"storage":"1.5"}}}]}}`, ``)
	fuzzDefaults(f, StatefulSet{}, StatefulSet{AutoDeletePVC: true, AutoResizePVC: true, HostPorts: true})
}
