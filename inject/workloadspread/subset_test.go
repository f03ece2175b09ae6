package workloadspread

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
)

const (
	ofCloneSet = "{targetRef: {apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, name: web}, "
	cloneSet   = "apps.kruise.io/v1alpha1 CloneSet web"
	twoSubsets = ofCloneSet + "subsets: [{name: a, maxReplicas: 5}, {name: b}]}"
)

// counted writes the counts of the version of a status in one line: "a=4 creating:p | b=-1".
func counted(spread *v1beta1.WorkloadSpread, version string) string {
	var subsets []string
	for _, s := range spread.Status.VersionedSubsetStatuses[version] {
		text := fmt.Sprintf("%s=%d", s.Name, s.MissingReplicas)
		for key := range s.CreatingPods {
			text += " creating:" + key
		}
		for key := range s.DeletingPods {
			text += " deleting:" + key
		}
		subsets = append(subsets, text)
	}
	return strings.Join(subsets, " | ")
}

// The cases are those of spec/pod-other.md (i) where they have its numbers.
func TestSubset(t *testing.T) {
	status := func(version, subsets string) string {
		return "\nstatus: {versionedSubsetStatuses: {" + version + ": [" + subsets + "]}}"
	}
	tests := []struct {
		name      string
		spread    string // spec and status
		pod       string
		subset    string // "" for none
		uid       string
		version   string // default versionIgnored
		want      string // the counts afterwards
		unwritten bool   // nothing is written
	}{
		{name: "M13: room for five", spread: "spec: " + twoSubsets + status("versionIgnored", "{name: a, missingReplicas: 5, replicas: 0}, {name: b, missingReplicas: -1, replicas: 0}"),
			pod: ownedBy(cloneSet, "p", ""), subset: "a", want: "a=4 creating:p | b=-1"},
		{name: "M14: the first is full, the second has no limit", spread: "spec: " + twoSubsets + status("versionIgnored", "{name: a, missingReplicas: 0, replicas: 5}, {name: b, missingReplicas: -1, replicas: 0}"),
			pod: ownedBy(cloneSet, "p", ""), subset: "b", want: "a=0 | b=-1", unwritten: true},
		{name: "M15: all are full", spread: "spec: " + twoSubsets + status("versionIgnored", "{name: a, missingReplicas: 0, replicas: 5}, {name: b, missingReplicas: 0, replicas: 5}"),
			pod: ownedBy(cloneSet, "p", ""), want: "a=0 | b=0", unwritten: true},
		{name: "M16: the pod is being created already", spread: "spec: " + twoSubsets + status("versionIgnored", `{name: a, missingReplicas: 5, replicas: 0}, {name: b, missingReplicas: 3, replicas: 0, creatingPods: {p: "2026-07-01T11:59:59Z"}}`),
			pod: ownedBy(cloneSet, "p", ""), subset: "b", want: "a=5 | b=3 creating:p", unwritten: true},
		{name: "M17: a pod without a name", spread: "spec: " + twoSubsets + status("versionIgnored", "{name: a, missingReplicas: 5, replicas: 0}"),
			pod: ownedBy(cloneSet, "", ""), subset: "a", uid: "request-1", want: "a=4 creating:request-1"},
		{name: "a pod without a name that nobody counts", spread: "spec: " + twoSubsets + status("versionIgnored", "{name: a, missingReplicas: 0, replicas: 5}, {name: b, missingReplicas: -1, replicas: 0}"),
			pod: ownedBy(cloneSet, "", ""), subset: "b", want: "a=0 | b=-1", unwritten: true},
		{name: "the same request again", spread: "spec: " + twoSubsets + status("versionIgnored", `{name: a, missingReplicas: 5, replicas: 0, creatingPods: {request-1: "2026-07-01T11:59:59Z"}}`),
			pod: ownedBy(cloneSet, "", ""), subset: "a", uid: "request-1", want: "a=5 creating:request-1", unwritten: true},
		{name: "M18: nothing can be scheduled to the first", spread: "spec: " + twoSubsets + status("versionIgnored",
			`{name: a, missingReplicas: 5, replicas: 0, conditions: [{type: Schedulable, status: "False", reason: x, message: "", lastTransitionTime: null}]}, {name: b, missingReplicas: 1, replicas: 0}`),
			pod: ownedBy(cloneSet, "p", ""), subset: "b", want: "a=5 | b=0 creating:p"},
		{name: "M19: ordinal 7 of maxes 5, 5", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 5}, {name: b, maxReplicas: 5}, {name: c}]}",
			pod: ownedBy("apps/v1 StatefulSet web", "web-7", ""), subset: "b", unwritten: true},
		{name: "ordinal 10 of maxes 5, 5", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 5}, {name: b, maxReplicas: 5}, {name: c}]}",
			pod: ownedBy("apps/v1 StatefulSet web", "web-10", ""), subset: "c", unwritten: true},
		{name: "ordinal 10 where nothing is left", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 5}, {name: b, maxReplicas: 5}]}",
			pod: ownedBy("apps/v1 StatefulSet web", "web-10", ""), unwritten: true},
		{name: "ordinal 0 where nothing can be scheduled to the first", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 5}, {name: b, maxReplicas: 5}]}\n" +
			`status: {subsetStatuses: [{name: a, missingReplicas: 5, replicas: 0, conditions: [{type: Schedulable, status: "False", reason: x, message: "", lastTransitionTime: null}]}]}`,
			pod: ownedBy("apps/v1 StatefulSet web", "web-0", ""), subset: "b", unwritten: true},
		{name: "M20: pod of a StatefulSet without a name", spread: "spec: {targetRef: {apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: web}, subsets: [{name: a, maxReplicas: 1}, {name: b}]}",
			pod: ownedBy("apps.kruise.io/v1beta1 StatefulSet web", "", ""), subset: "a", unwritten: true},
		{name: "one subset without a limit", spread: "spec: " + ofCloneSet + "subsets: [{name: a}]}", pod: ownedBy(cloneSet, "", ""), subset: "a", unwritten: true},
		{name: "nothing counted yet", spread: "spec: " + ofCloneSet + "subsets: [{name: a, maxReplicas: 1}, {name: b}]}",
			pod: ownedBy(cloneSet, "p", ""), subset: "a", want: "a=0 creating:p | b=-1"},
		{name: "percentages of five replicas, rounded up", spread: "spec: " + ofCloneSet + `subsets: [{name: a, maxReplicas: "50%"}, {name: b, maxReplicas: "50"}]}`,
			pod: ownedBy(cloneSet, "p", ""), subset: "a", want: "a=2 creating:p | b=3"},
		{name: "percentages of a sum", spread: "spec: " + ofCloneSet + `targetFilter: {selector: {}, replicasPathList: [spec.replicas, spec.groups.1.n, spec.gone.x, spec.groups.x]}, subsets: [{name: a, maxReplicas: "50%"}]}`,
			pod: ownedBy(cloneSet, "p", ""), subset: "a", want: "a=4 creating:p"},
		{name: "a new version of a Deployment has its own counts", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}, subsets: [{name: a, maxReplicas: 1}]}" +
			status("old", "{name: a, missingReplicas: 0, replicas: 1}"),
			pod:    strings.Replace(ownedBy("apps/v1 ReplicaSet web", "p", ""), `"app":"web"`, `"pod-template-hash":"new"`, 1),
			subset: "a", version: "new", want: "a=0 creating:p"},
		{name: "the version in another label", spread: "spec: {targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web}, subsets: [{name: a, maxReplicas: 1}]}",
			pod:    strings.Replace(ownedBy("apps/v1 ReplicaSet web", "p", ""), `"app":"web"`, `"controller-revision-hash":"web-new"`, 1),
			subset: "a", version: "new", want: "a=0 creating:p"},
		{name: "a pod takes the place that one of its name leaves", spread: "spec: " + twoSubsets + status("versionIgnored",
			`{name: a, missingReplicas: 5, replicas: 0}, {name: b, missingReplicas: 1, replicas: 0, deletingPods: {p: "2026-07-01T11:59:59Z"}}`),
			pod: ownedBy(cloneSet, "p", ""), subset: "b", want: "a=5 | b=0 creating:p"},
		{name: "the place that a pod of its name left is taken", spread: "spec: " + twoSubsets + status("versionIgnored",
			`{name: a, missingReplicas: 5, replicas: 0}, {name: b, missingReplicas: 0, replicas: 0, deletingPods: {p: "2026-07-01T11:59:59Z"}}`),
			pod: ownedBy(cloneSet, "p", ""), subset: "a", want: "a=4 creating:p | b=0"},
		{name: "a subset that the user does not want any more", spread: "spec: " + ofCloneSet + "subsets: [{name: b, maxReplicas: 1}, {name: c}]}" + status("versionIgnored", "{name: a, missingReplicas: 5, replicas: 0}, {name: b, missingReplicas: 1, replicas: 0}"),
			pod: ownedBy(cloneSet, "p", ""), subset: "b", want: "a=5 | b=0 creating:p"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, test.spread)}, workloads: map[string]string{
				"CloneSet.apps.kruise.io/web": `{"spec":{"replicas":5,"groups":[{"n":100},{"n":4}]}}`,
			}}
			after, err := mutated(t, cluster.step(), created(test.pod))
			if err != nil {
				t.Fatal(err)
			}
			if test.subset == "" {
				if after != test.pod {
					t.Errorf("the pod is %s, want it unchanged", after)
				}
			} else {
				matched, _ := workloadspread.MatchedOf(decodedPod(t, []byte(after)).Annotations)
				if want := (workloadspread.Matched{Name: "ws", Subset: test.subset, UID: test.uid}); matched != want {
					t.Errorf("got %+v, want %+v", matched, want)
				}
			}
			version := "versionIgnored"
			if test.version != "" {
				version = test.version
			}
			if got := counted(cluster.spreads[0], version); got != test.want {
				t.Errorf("counts %q, want %q", got, test.want)
			}
			if written := cluster.writes > 0; written == test.unwritten {
				t.Errorf("written: %t", written)
			}
		})
	}
}

func TestNobodyIsCountedOnADryRun(t *testing.T) {
	yes := true
	for name, change := range map[string]func(*admissionv1.AdmissionRequest){
		"of the request": func(r *admissionv1.AdmissionRequest) { r.DryRun = &yes },
		"in its options": func(r *admissionv1.AdmissionRequest) {
			r.Options = runtime.RawExtension{Raw: []byte(`{"dryRun":["All"]}`)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
			request := created(ownedBy(cloneSet, "p", ""))
			change(request)
			after, err := mutated(t, cluster.step(), request)
			if err != nil || !strings.Contains(after, workloadspread.MatchedKey) {
				t.Errorf("got %s, %v", after, err)
			}
			if cluster.writes != 0 {
				t.Error("something was written")
			}
		})
	}
}

func TestWithoutAClusterToAsk(t *testing.T) {
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+ofCloneSet+`subsets: [{name: a, maxReplicas: "50%"}, {name: b}]}`)}}
	after, err := mutated(t, New(Options{View: cluster, Now: now}), created(ownedBy(cloneSet, "p", "")))
	if err != nil || !strings.Contains(after, `\"subset\":\"b\"`) {
		t.Errorf("got %s, %v; want the subset that takes pods of nothing", after, err)
	}
}

func TestWhatCannotBeCountedIsCannotTell(t *testing.T) {
	nameless := created(ownedBy(cloneSet, "", ""))
	nameless.UID = ""
	tests := map[string]struct {
		spread  string
		broken  error
		request *admissionv1.AdmissionRequest
	}{
		"the ledger fails":                         {"spec: " + twoSubsets, errUnreachable, created(ownedBy(cloneSet, "p", ""))},
		"a limit that is none":                     {"spec: " + ofCloneSet + "subsets: [{name: a, maxReplicas: few}]}", nil, created(ownedBy(cloneSet, "p", ""))},
		"nothing to know the pod by":               {"spec: " + twoSubsets, nil, nameless},
		"a patch that does not fit":                {"spec: " + ofCloneSet + "subsets: [{name: a, patch: {spec: {containers: [{image: i}]}}}]}", nil, created(ownedBy(cloneSet, "p", ""))},
		"a white list that decides and is no JSON": {"spec: {targetRef: {apiVersion: example.com/v1, kind: Gizmo, name: web}, subsets: [{name: a}]}", nil, created(ownedBy("example.com/v1 Gizmo web", "p", ""))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, test.spread)}, broken: test.broken, list: "{"}
			after, err := mutated(t, cluster.step(), test.request)
			if !isUnable(err) {
				t.Errorf("got %s, %v; want cannot tell", after, err)
			}
		})
	}
}

// A WorkloadSpread that was deleted, or made anew, since the view saw it has no place for the pod.
func TestASpreadThatIsGone(t *testing.T) {
	for name, live := range map[string][]*v1beta1.WorkloadSpread{"deleted": nil, "another one": {spread(t, "metadata: {name: ws}\nspec: "+twoSubsets)}} {
		t.Run(name, func(t *testing.T) {
			for _, spread := range live {
				spread.UID = "another"
			}
			view := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
			pod := ownedBy(cloneSet, "p", "")
			after, err := mutated(t, New(Options{View: view, Workloads: view, Ledger: &fakeCluster{spreads: live}, Now: now}), created(pod))
			if err != nil || after != pod {
				t.Errorf("got %s, %v", after, err)
			}
		})
	}
}

// A reinvocation comes with another uid, and with the annotation of the first time.
func TestAPodWithoutANameIsCountedOnce(t *testing.T) {
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
	first, err := mutated(t, cluster.step(), created(ownedBy(cloneSet, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	request := created(first)
	request.UID = "request-2"
	again, err := mutated(t, cluster.step(), request)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	if got := counted(cluster.spreads[0], anyVersion); got != "a=4 creating:request-1 | b=-1" {
		t.Error(got)
	}
}

func TestRelease(t *testing.T) {
	for _, name := range []string{"p", ""} {
		cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
		step, request := cluster.step(), created(ownedBy(cloneSet, name, ""))
		after, err := mutated(t, step, request)
		if err != nil {
			t.Fatal(err)
		}
		pod := decodedPod(t, []byte(after))
		for range 2 { // the second time there is nothing to give back
			if err := step.Release(t.Context(), request, pod); err != nil {
				t.Fatal(err)
			}
		}
		if got := counted(cluster.spreads[0], anyVersion); got != "a=5 | b=-1" {
			t.Error(got)
		}
	}
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
	if err := cluster.step().Release(t.Context(), created("{}"), decodedPod(t, []byte("{}"))); err != nil || cluster.writes > 0 {
		t.Errorf("a pod without a place: %v, %d writes", err, cluster.writes)
	}
}

// Another step of admission may name the pod, as the launch priority does, before the API server asks again.
func TestAPodThatGotItsNameMeanwhileIsCountedOnce(t *testing.T) {
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t, "spec: "+twoSubsets)}}
	first, err := mutated(t, cluster.step(), created(ownedBy(cloneSet, "", "")))
	if err != nil {
		t.Fatal(err)
	}
	named := strings.Replace(first, `"metadata":{`, `"metadata":{"name":"web-x",`, 1)
	request := created(named)
	request.UID = "request-2"
	again, err := mutated(t, cluster.step(), request)
	if err != nil {
		t.Fatal(err)
	}
	if named != again {
		t.Errorf("the pod was changed again: %s", again)
	}
	if got := counted(cluster.spreads[0], anyVersion); got != "a=4 creating:request-1 | b=-1" {
		t.Error(got)
	}
}

// A place in a subset whose limit was lifted meanwhile was given back when the controller wrote that there is none.
func TestReleaseFromASubsetWithoutALimit(t *testing.T) {
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t,
		"spec: "+twoSubsets+"\nstatus: {versionedSubsetStatuses: {versionIgnored: [{name: a, missingReplicas: -1, replicas: 0, creatingPods: {p: null}}, {name: b, missingReplicas: -1, replicas: 0}]}}")}}
	pod := decodedPod(t, []byte(leaver(`{"name":"ws","subset":"a"}`, "")))
	if err := cluster.step().Release(t.Context(), created("{}"), pod); err != nil {
		t.Fatal(err)
	}
	if got := counted(cluster.spreads[0], anyVersion); got != "a=-1 | b=-1" {
		t.Error(got)
	}
}

// A pod that cannot be put into its subset is not created, and its creator tries again with another request: each would take a place.
func TestAPodThatCannotBePlacedTakesNoPlace(t *testing.T) {
	for name, patch := range map[string]string{
		"a patch that does not fit":         "{spec: {containers: [{image: i}]}}",
		"a patch that makes something else": "{spec: {priority: high}}",
	} {
		t.Run(name, func(t *testing.T) {
			cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{spread(t,
				"spec: "+ofCloneSet+"subsets: [{name: a, maxReplicas: 2, patch: "+patch+"}, {name: b}]}")}}
			for _, request := range []types.UID{"1", "2", "3"} {
				review := created(ownedBy(cloneSet, "", ""))
				review.UID = request
				after, err := mutated(t, cluster.step(), review)
				if err == nil || !strings.Contains(err.Error(), `WorkloadSpread "ws"`) {
					t.Errorf("request %s: got %s, %v; want an error that names the WorkloadSpread", request, after, err)
				}
			}
			if got := counted(cluster.spreads[0], anyVersion); got != "a=2 | b=-1" {
				t.Error(got)
			}
		})
	}
}

func TestOrdinal(t *testing.T) {
	for name, want := range map[string]int64{"web-0": 0, "web-17": 17, "a-b-3": 3, "web": -1, "web-": -1, "web-x": -1, "": -1, "7": -1, "web-99999999999": -1, "web--1": 1} {
		if got := ordinal(name); got != want {
			t.Errorf("%q: %d, want %d", name, got, want)
		}
	}
}
