package workloadspread

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// onePod is the pod that is evicted.
type onePod struct {
	raw string
	err error
}

func (p onePod) Pod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	if p.err != nil || namespace != "shop" || name != "p" || p.raw == "" {
		return nil, p.err
	}
	pod := &corev1.Pod{}
	return pod, json.Unmarshal([]byte(p.raw), pod)
}

// leaver is a pod that says where its place is.
func leaver(matched, more string) string {
	pod := ownedBy(cloneSet, "p", more)
	return strings.Replace(pod, `"labels"`, `"annotations":{"apps.kruise.io/matched-workloadspread":`+string(encode(matched))+`},"labels"`, 1)
}

func TestLeaving(t *testing.T) {
	const inA = `{"name":"ws","subset":"a"}`
	full := "spec: " + twoSubsets + "\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 0, replicas: 5}, {name: b, missingReplicas: -1, replicas: 0}]}}"
	yes := true
	tests := []struct {
		name   string
		spread string // default: a is full, b has no limit
		pod    string
		change func(*admissionv1.AdmissionRequest)
		want   string
	}{
		{name: "V26: a pod is deleted", pod: leaver(inA, ""), want: "a=1 deleting:p | b=-1"},
		{name: "V27: it is being deleted already", pod: leaver(inA, ""), want: "a=1 deleting:p",
			spread: "spec: " + twoSubsets + "\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 1, replicas: 5, deletingPods: {p: null}}]}}"},
		{name: "nobody has seen it yet", pod: leaver(inA, ""), want: "a=1 creating:p",
			spread: "spec: " + twoSubsets + "\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 1, replicas: 5, creatingPods: {p: null}}]}}"},
		{name: "nobody has seen it yet, and it had no name", pod: leaver(`{"name":"ws","subset":"a","uid":"u"}`, ""), want: "a=1 creating:u",
			spread: "spec: " + twoSubsets + "\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 1, replicas: 5, creatingPods: {u: null}}]}}"},
		{name: "V28: an annotation that is none", pod: leaver("{", ""), want: "a=0 | b=-1"},
		{name: "null in the annotation", pod: leaver("null", ""), want: "a=0 | b=-1"},
		{name: "no annotation", pod: ownedBy(cloneSet, "p", ""), want: "a=0 | b=-1"},
		{name: "an unknown subset", pod: leaver(`{"name":"ws","subset":"c"}`, ""), want: "a=0 | b=-1"},
		{name: "a subset without a limit", pod: leaver(`{"name":"ws","subset":"b"}`, ""), want: "a=0 | b=-1"},
		{name: "a WorkloadSpread that is gone", pod: leaver(`{"name":"gone","subset":"a"}`, ""), want: "a=0 | b=-1"},
		{name: "a pod that has ended", pod: leaver(inA, `"status":{"phase":"Succeeded"}`), want: "a=0 | b=-1"},
		{name: "a pod of nobody", pod: strings.Replace(leaver(inA, ""), `"controller":true`, `"controller":false`, 1), want: "a=0 | b=-1"},
		{name: "nothing counted yet", spread: "spec: " + twoSubsets, pod: leaver(inA, ""), want: ""},
		{name: "of a StatefulSet", pod: leaver(inA, ""), want: "a=0",
			spread: "spec: {targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 1}]}\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: 0, replicas: 1}]}}"},
		{name: "a dry run", pod: leaver(inA, ""), change: func(r *admissionv1.AdmissionRequest) { r.DryRun = &yes }, want: "a=0 | b=-1"},
		{name: "a subresource", pod: leaver(inA, ""), change: func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }, want: "a=0 | b=-1"},
		{name: "an update", pod: leaver(inA, ""), change: func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update }, want: "a=0 | b=-1"},
		{name: "another resource", pod: leaver(inA, ""), change: func(r *admissionv1.AdmissionRequest) { r.Resource.Resource = "services" }, want: "a=0 | b=-1"},
		{name: "an old object that is no pod", pod: `{"kind":"Service"}`, want: "a=0 | b=-1"},
		{name: "no old object", change: func(r *admissionv1.AdmissionRequest) { r.OldObject.Raw = nil }, want: "a=0 | b=-1"},
		{name: "an eviction", pod: leaver(inA, ""), change: evicts(`{}`), want: "a=1 deleting:p | b=-1"},
		{name: "a dry run of an eviction", pod: leaver(inA, ""), change: evicts(`{"deleteOptions":{"dryRun":["All"]}}`), want: "a=0 | b=-1"},
		{name: "an eviction of no pod", change: evicts(`{}`), want: "a=0 | b=-1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.spread == "" {
				test.spread = full
			}
			cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, test.spread)}}
			request := deletion(test.pod)
			if test.change != nil {
				test.change(request)
			}
			answer, err := Leaving{Ledger: cluster, Pods: onePod{raw: test.pod}, Now: now}.Review(t.Context(), request)
			if err != nil || !answer.Allowed || len(answer.Warnings) > 0 {
				t.Errorf("got %+v, %v", answer, err)
			}
			if got := counted(cluster.spreads[0], anyVersion); got != test.want {
				t.Errorf("counts %q, want %q", got, test.want)
			}
		})
	}
}

// V29: OpenKruise refuses the deletion then.
func TestLeavingThatCannotBeCountedIsAWarning(t *testing.T) {
	pod := leaver(`{"name":"ws","subset":"a"}`, "")
	eviction := deletion(pod)
	evicts(`{}`)(eviction)
	for name, test := range map[string]struct {
		rule    Leaving
		request *admissionv1.AdmissionRequest
	}{
		"the status cannot be written": {Leaving{Ledger: &fakeCluster{broken: errUnreachable}, Now: now}, deletion(pod)},
		"the pod cannot be read":       {Leaving{Ledger: &fakeCluster{}, Pods: onePod{err: errUnreachable}, Now: now}, eviction},
	} {
		t.Run(name, func(t *testing.T) {
			answer, err := test.rule.Review(t.Context(), test.request)
			if err != nil || !answer.Allowed || len(answer.Warnings) != 1 || !strings.Contains(answer.Warnings[0], "connection refused") {
				t.Errorf("got %+v, %v; want it allowed, with a warning", answer, err)
			}
		})
	}
}

func deletion(pod string) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Delete, Namespace: "shop", Name: "p", Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		OldObject: runtime.RawExtension{Raw: []byte(pod)},
	}
}

func evicts(eviction string) func(*admissionv1.AdmissionRequest) {
	return func(r *admissionv1.AdmissionRequest) {
		r.Operation, r.SubResource, r.OldObject, r.Object.Raw = admissionv1.Create, "eviction", runtime.RawExtension{}, []byte(eviction)
	}
}
