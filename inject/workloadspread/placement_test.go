package workloadspread

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
)

func subsetOf(t *testing.T, text string) *v1beta1.WorkloadSpreadSubset {
	t.Helper()
	subset := &v1beta1.WorkloadSpreadSubset{}
	if err := yaml.UnmarshalStrict([]byte(text), subset); err != nil {
		t.Fatal(err)
	}
	return subset
}

// matched is the annotation that all results have.
const matchedText = `"{\"name\":\"ws\",\"subset\":\"a\"}"`

func TestPlace(t *testing.T) {
	const annotated = `"metadata":{"annotations":{"apps.kruise.io/matched-workloadspread":` + matchedText + `}}`
	tests := []struct{ name, subset, pod, want string }{
		{name: "a subset that says nothing", subset: "{}", pod: `{"spec":{"new":1.50}}`, want: `{` + annotated + `,"spec":{"new":1.50}}`},
		{name: "other annotations stay", subset: "{}", pod: `{"metadata":{"annotations":{"a/b":"c"},"new":{}}}`,
			want: `{"metadata":{"annotations":{"a/b":"c","apps.kruise.io/matched-workloadspread":` + matchedText + `},"new":{}}}`},
		{name: "annotations null", subset: "{}", pod: `{"metadata":{"annotations":null}}`, want: `{` + annotated + `}`},
		{name: "tolerations", subset: "tolerations: [{key: a, operator: Exists}, {key: b}]", pod: `{"spec":{"tolerations":[{"key":"a","operator":"Exists","new":1},{"key":"b"}]}}`,
			want: `{` + annotated + `,"spec":{"tolerations":[{"key":"a","operator":"Exists","new":1},{"key":"b"},{"key":"a","operator":"Exists"}]}}`},
		{name: "the first tolerations", subset: "tolerations: [{key: a}]", pod: `{"spec":{}}`, want: `{` + annotated + `,"spec":{"tolerations":[{"key":"a"}]}}`},
		{name: "preferences", subset: "preferredNodeSelector: [{weight: 5, preference: {matchExpressions: [{key: k, operator: Exists}]}}]",
			pod: `{"spec":{"affinity":{"podAffinity":{}}}}`,
			want: `{` + annotated + `,"spec":{"affinity":{"podAffinity":{},"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[
				{"weight":5,"preference":{"matchExpressions":[{"key":"k","operator":"Exists"}]}}]}}}}`},
		{name: "the only requirement", subset: "requiredNodeSelector: {matchExpressions: [{key: k, operator: Exists}]}", pod: `{"spec":{}}`,
			want: `{` + annotated + `,"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"k","operator":"Exists"}]}]}}}}}`},
		{name: "M23: a requirement of every term", subset: "requiredNodeSelector: {matchExpressions: [{key: k, operator: Exists}], matchFields: [{key: metadata.name, operator: In, values: [node]}]}",
			pod: `{"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
				{"matchExpressions":[{"key":"x","operator":"Exists"}]},{"matchFields":[{"key":"metadata.name","operator":"In","values":["node"]}],"new":1},null]}}}}}`,
			want: `{` + annotated + `,"spec":{"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[
				{"matchExpressions":[{"key":"x","operator":"Exists"},{"key":"k","operator":"Exists"}],"matchFields":[{"key":"metadata.name","operator":"In","values":["node"]}]},
				{"matchFields":[{"key":"metadata.name","operator":"In","values":["node"]}],"matchExpressions":[{"key":"k","operator":"Exists"}],"new":1},null]}}}}}`},
		{name: "an empty requirement would match no node", subset: "requiredNodeSelector: {}", pod: `{"spec":{}}`, want: `{` + annotated + `,"spec":{}}`},
		{name: "M22: another priority class", subset: "patch: {spec: {priorityClassName: low}}", pod: `{"spec":{"priorityClassName":"high","priority":1000,"preemptionPolicy":"PreemptLowerPriority"}}`,
			want: `{` + annotated + `,"spec":{"priorityClassName":"low"}}`},
		{name: "the same priority class", subset: "patch: {spec: {priorityClassName: high}}", pod: `{"spec":{"priorityClassName":"high","priority":1000}}`,
			want: `{` + annotated + `,"spec":{"priorityClassName":"high","priority":1000}}`},
		{name: "another priority class with its policy", subset: "patch: {spec: {priorityClassName: low, preemptionPolicy: Never}}", pod: `{"spec":{"priority":0,"preemptionPolicy":"PreemptLowerPriority"}}`,
			want: `{` + annotated + `,"spec":{"priorityClassName":"low","preemptionPolicy":"Never"}}`},
		{name: "a patch of a container", subset: "patch: {metadata: {labels: {subset: a}}, spec: {containers: [{name: main, resources: {limits: {cpu: 1}}}]}}",
			pod:  `{"spec":{"containers":[{"name":"side","new":12345678901234567890},{"name":"main","image":"i","new":1.10}]}}`,
			want: `{"metadata":{"labels":{"subset":"a"},"annotations":{"apps.kruise.io/matched-workloadspread":` + matchedText + `}},"spec":{"containers":[{"name":"side","new":12345678901234567890},{"name":"main","image":"i","new":1.10,"resources":{"limits":{"cpu":1}}}]}}`},
		{name: "a patch that removes", subset: "patch: {spec: {nodeSelector: null, containers: [{$patch: delete, name: side}]}}",
			pod:  `{"spec":{"nodeSelector":{"a":"b"},"containers":[{"name":"side"},{"name":"main"}]}}`,
			want: `{` + annotated + `,"spec":{"containers":[{"name":"main"}]}}`},
		{name: "no patch", subset: "patch: null", pod: `{"spec":{}}`, want: `{` + annotated + `,"spec":{}}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			subset := subsetOf(t, test.subset)
			matched := workloadspread.Matched{Name: "ws", Subset: "a"}
			operations, err := place([]byte(test.pod), subset, matched)
			if err != nil {
				t.Fatal(err)
			}
			once := patched(t, []byte(test.pod), operations)
			if diff := cmp.Diff(tree(t, []byte(test.want)), tree(t, once)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := place(once, subset, matched)
			if err != nil || len(again) > 0 {
				t.Errorf("taking the step again: %v, %v; want nothing", again, err)
			}
		})
	}
}

// TestSubsetsThatTakeForever: whoever may create pods and WorkloadSpreads can write thousands of what is added into each of them.
func TestSubsetsThatTakeForever(t *testing.T) {
	const many = 15_000
	list := func(format string, count int) string {
		var b strings.Builder
		for i := range count {
			fmt.Fprintf(&b, format+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	for name, test := range map[string]struct {
		subset, pod, err string
		operations       int
	}{
		"tolerations": {
			`{"tolerations":[` + list(`{"key":"s%d"}`, many) + `]}`, `{"spec":{"tolerations":[` + list(`{"key":"p%d"}`, many) + `]}}`, "", many + 1,
		},
		"preferences": {
			`{"preferredNodeSelector":[` + list(`{"weight":1,"preference":{"matchExpressions":[{"key":"s%d","operator":"Exists"}]}}`, many) + `]}`,
			`{"spec":{"affinity":{"nodeAffinity":{"` + preferred + `":[` + list(`{"weight":1,"preference":{"x":%d}}`, many) + `]}}}}`, "", many + 1,
		},
		"requirements": {
			`{"requiredNodeSelector":{"matchExpressions":[` + list(`{"key":"s%d","operator":"Exists"}`, many) + `]}}`,
			`{"spec":{"affinity":{"nodeAffinity":{"` + required + `":{"nodeSelectorTerms":[` + list(`{"x":%d}`, many) + `]}}}}}`, "at most 10000", 0,
		},
		"a patch": {
			`{"patch":{"spec":{"containers":[{"name":"a","env":[` + list(`{"name":"s%d"}`, many) + `]}]}}}`,
			`{"spec":{"containers":[{"name":"a","env":[` + list(`{"name":"p%d"}`, many) + `]}]}}`, "too many elements", 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			operations, err := place([]byte(test.pod), subsetOf(t, test.subset), workloadspread.Matched{Name: "ws", Subset: "a"})
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
				return
			}
			if err != nil || len(operations) != test.operations {
				t.Errorf("%d operations, want %d; %v", len(operations), test.operations, err)
			}
		})
	}
}

func tree(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	parsed, err := parse(raw)
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return parsed
}

// FuzzPlace holds that the operations make exactly the pod that was decided, whatever the pod and the patch, and that a second
// time changes nothing more. A patch may move elements each time it is applied, so that is held without one.
func FuzzPlace(f *testing.F) {
	f.Add(`{"spec":{"tolerations":[{"key":"a"}],"affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{}]}}}}}`, `{"spec":{"containers":[{"name":"a"}]}}`)
	f.Add(`{"metadata":null,"spec":null}`, `{"metadata":{"annotations":null}}`)
	f.Add(`{"metadata":{"annotations":[]},"spec":{"tolerations":{},"affinity":[]}}`, `[]`)
	f.Add(`{"spec":{"containers":[{"name":"a","x":[1,[2]]}]}}`, `{"spec":{"containers":[{"name":"b"},{"name":"a","x":null}],"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}`)
	f.Fuzz(func(t *testing.T, pod, patch string) {
		subset := &v1beta1.WorkloadSpreadSubset{
			Tolerations:           []corev1.Toleration{{Key: "a", Operator: corev1.TolerationOpExists}},
			PreferredNodeSelector: []corev1.PreferredSchedulingTerm{{Weight: 1, Preference: corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{{Key: "k"}}}}},
			RequiredNodeSelector:  &corev1.NodeSelectorTerm{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: "k", Operator: "In", Values: []string{"v"}}}},
		}
		matched := workloadspread.Matched{Name: "ws", Subset: "a", UID: "u"}
		before, err := parse([]byte(pod))
		if err != nil || strings.Contains(pod, `\u`) {
			return // two spellings of one member are two members to the library that applies patches here
		}
		if normal := encode(before); len(normal) > 0 {
			pod = string(normal)
		}
		operations, err := place([]byte(pod), subset, matched)
		if err != nil {
			t.Fatal(err)
		}
		once := patched(t, []byte(pod), operations)
		if again, err := place(once, subset, matched); err != nil || len(again) > 0 {
			t.Errorf("again: %v, %v\n%s", again, err, once)
		}
		subset.Patch.Raw = []byte(patch)
		want, err := decide([]byte(pod), subset, matched)
		if err != nil {
			return
		}
		operations, err = place([]byte(pod), subset, matched)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, tree(t, patched(t, []byte(pod), operations))); diff != "" {
			t.Errorf("(-decided +patched):\n%s", diff)
		}
	})
}
