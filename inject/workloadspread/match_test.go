package workloadspread

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

var errUnreachable = decision.CannotTell("connection refused")

func isUnable(err error) bool {
	var unable *decision.Unable
	return errors.As(err, &unable)
}

func TestMatch(t *testing.T) {
	const (
		deployment = "{targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, subsets: [{name: a}]"
		gizmo      = "{targetRef: {apiVersion: example.com/v1, kind: Gizmo, name: top}, subsets: [{name: a}]"
		list       = `{"workloads":[{"Group":"example.com","Version":"v2","Kind":"Gizmo","subResources":[{"Group":"example.com","Version":"v3","Kind":"Part"}]}]}`
	)
	workloads := map[string]string{
		"ReplicaSet.apps/web-1":       object("web-1", "apps/v1 Deployment web"),
		"ReplicaSet.apps/other-1":     object("other-1", "apps/v1 Deployment other"),
		"ReplicaSet.apps/alone":       object("alone", ""),
		"Deployment.apps/web":         object("web", "example.com/v1 Gizmo top"),
		"Part.example.com/p":          object("p", "example.com/v1 Gizmo top"),
		"ReplicaSet.apps/circle":      object("circle", "apps/v1 ReplicaSet circle"),
		"ReplicaSet.apps/replaced":    strings.Replace(object("replaced", "apps/v1 Deployment web"), "uid-of-replaced", "another", 1),
		"CloneSet.apps.kruise.io/web": object("web", ""),
	}
	tests := []struct {
		name    string
		spreads []string // specs without the last brace
		owner   string
		list    string
		pod     string // instead of owner
		broken  bool
		want    string // name of the WorkloadSpread, "cannot tell", or nothing
		read    []string
	}{
		{name: "the owner itself", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, owner: cloneSet, want: "ws0"},
		{name: "another name", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, owner: "apps.kruise.io/v1alpha1 CloneSet other"},
		{name: "another group", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, owner: "apps/v1 CloneSet web"},
		{name: "an owner without a readable version", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, owner: "a/b/c CloneSet web"},
		{name: "the Deployment of the ReplicaSet", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet web-1", want: "ws0", read: []string{"ReplicaSet.apps/web-1"}},
		{name: "the Deployment of another ReplicaSet", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet other-1", read: []string{"ReplicaSet.apps/other-1"}},
		{name: "a ReplicaSet of its own", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet alone", read: []string{"ReplicaSet.apps/alone"}},
		{name: "read once for several", spreads: []string{strings.Replace(deployment, "web", "x", 1), strings.Replace(deployment, "web", "y", 1), deployment}, owner: "apps/v1 ReplicaSet web-1",
			want: "ws2", read: []string{"ReplicaSet.apps/web-1"}},
		{name: "M21: the owner is gone", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet gone", read: []string{"ReplicaSet.apps/gone"}},
		{name: "the owner was replaced by another of its name", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet replaced", read: []string{"ReplicaSet.apps/replaced"}},
		{name: "the owner cannot be read", spreads: []string{deployment}, owner: "apps/v1 ReplicaSet web-1", broken: true, want: "cannot tell", read: []string{"ReplicaSet.apps/web-1"}},
		{name: "a direct match behind one that would need a look", spreads: []string{deployment, "{targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: web-1}, subsets: [{name: a}]"},
			owner: "apps/v1 ReplicaSet web-1", want: "ws0", read: []string{"ReplicaSet.apps/web-1"}},
		{name: "CloneSets are below no Deployment", spreads: []string{deployment}, owner: cloneSet},
		{name: "a listed kind", spreads: []string{gizmo}, owner: "example.com/v1 Gizmo top", list: list, want: "ws0"},
		{name: "a kind that is not listed", spreads: []string{gizmo}, owner: "example.com/v1 Gizmo top"},
		{name: "a listed kind above a sub-resource", spreads: []string{gizmo}, owner: "example.com/v1 Part p", list: list, want: "ws0", read: []string{"Part.example.com/p"}},
		{name: "a listed kind above a Deployment", spreads: []string{gizmo}, owner: "apps/v1 ReplicaSet web-1", list: list, want: "ws0", read: []string{"ReplicaSet.apps/web-1", "Deployment.apps/web"}},
		{name: "a listed kind, and an owner that is not", spreads: []string{gizmo}, owner: "apps/v1 DaemonSet d", list: list},
		{name: "a broken list that nothing depends on", spreads: []string{deployment}, owner: "apps/v1 DaemonSet d", list: "{"},
		{name: "a broken list", spreads: []string{gizmo}, owner: "apps/v1 DaemonSet d", list: "{", want: "cannot tell"},
		{name: "owners in a circle", spreads: []string{gizmo}, owner: "apps/v1 ReplicaSet circle", list: list,
			read: []string{"ReplicaSet.apps/circle", "ReplicaSet.apps/circle", "ReplicaSet.apps/circle", "ReplicaSet.apps/circle"}},
		{name: "a filter that takes the pod", spreads: []string{ofCloneSet + "targetFilter: {selector: {matchLabels: {app: web}}}, subsets: [{name: a}]"}, owner: cloneSet, want: "ws0"},
		{name: "a filter for others", spreads: []string{ofCloneSet + "targetFilter: {selector: {matchLabels: {app: other}}}, subsets: [{name: a}]"}, owner: cloneSet},
		{name: "an empty selector takes all", spreads: []string{ofCloneSet + "targetFilter: {selector: {}}, subsets: [{name: a}]"}, owner: cloneSet, want: "ws0"},
		{name: "M25: no selector takes none", spreads: []string{ofCloneSet + "targetFilter: {}, subsets: [{name: a}]"}, owner: cloneSet},
		{name: "the first with a filter that takes the pod", spreads: []string{ofCloneSet + "targetFilter: {}, subsets: [{name: a}]", ofCloneSet + "subsets: [{name: a}]"}, owner: cloneSet, want: "ws1"},
		{name: "a target that is none", spreads: []string{"{targetRef: {apiVersion: a/b/c, kind: CloneSet, name: web}, subsets: [{name: a}]"}, owner: cloneSet},
		{name: "a pod without owner", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, pod: `{"metadata":{"name":"p"},"spec":{}}`},
		{name: "a pod that has ended", spreads: []string{ofCloneSet + "subsets: [{name: a}]"}, pod: ownedBy(cloneSet, "p", `"status":{"phase":"Failed"}`)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cluster := &fakeCluster{workloads: workloads, list: test.list}
			for i, spec := range test.spreads {
				cluster.spreads = append(cluster.spreads, spread(t, "metadata: {name: ws"+string(rune('0'+i))+"}\nspec: "+spec+"}"))
			}
			if test.broken {
				cluster.broken = errUnreachable
			}
			pod := test.pod
			if pod == "" {
				pod = ownedBy(test.owner, "p", "")
			}
			after, err := mutated(t, cluster.step(), created(pod))
			switch {
			case test.want == "cannot tell":
				if !isUnable(err) {
					t.Errorf("got %s, %v; want cannot tell", after, err)
				}
			case err != nil:
				t.Error(err)
			case test.want == "" && after != pod:
				t.Errorf("got %s, want nothing", after)
			case !strings.Contains(after, test.want):
				t.Errorf("got %s, want %s", after, test.want)
			}
			if diff := cmp.Diff(test.read, cluster.read); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpreadsThatAreBeingDeletedTakeNoPods(t *testing.T) {
	going := spread(t, "metadata: {deletionTimestamp: \"2026-07-01T11:00:00Z\"}\nspec: "+ofCloneSet+"subsets: [{name: a}]}")
	cluster := &fakeCluster{spreads: []*v1beta1.WorkloadSpread{going}}
	pod := ownedBy(cloneSet, "p", "")
	if after, err := mutated(t, cluster.step(), created(pod)); err != nil || after != pod {
		t.Errorf("got %s, %v", after, err)
	}
}
