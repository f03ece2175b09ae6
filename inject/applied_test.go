package inject

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const appliedSets = `
kind: SidecarSet
metadata: {name: agent, annotations: {kruise.io/sidecarset-hash: new, kruise.io/sidecarset-hash-without-image: x}}
spec:
  selector: {matchLabels: {app: web}}
  initContainers: [{name: prepare, image: "p:1"}]
  containers: [{name: agent, image: "a:1"}]
status: {latestRevision: agent-2}
---
kind: SidecarSet
metadata: {name: hot, annotations: {kruise.io/sidecarset-hash: hot, kruise.io/sidecarset-hash-without-image: x}}
spec:
  selector: {matchLabels: {app: web}}
  containers: [{name: proxy, image: "p:1", upgradeStrategy: {upgradeType: HotUpgrade, hotUpgradeEmptyImage: "e:1"}}]
---
kind: SidecarSet
metadata: {name: marks, annotations: {kruise.io/sidecarset-hash: m, kruise.io/sidecarset-hash-without-image: x}}
spec: {selector: {matchLabels: {app: web}}, patchPodMetadata: [{annotations: {a: b}, patchPolicy: Retain}]}
---
kind: SidecarSet
metadata: {name: gone}
spec:
  selector: {matchLabels: {app: pinned}}
  injectionStrategy: {revision: {revisionName: nowhere}}
  containers: [{name: c, image: "c:1"}]
---
kind: SidecarSet
metadata: {name: paused}
spec: {selector: {matchLabels: {app: web}}, injectionStrategy: {paused: true}, containers: [{name: c, image: "c:1"}]}
---
kind: SidecarSet
metadata: {name: empty}
spec: {selector: {}, containers: [{name: c, image: "c:1"}]}
---
kind: SidecarSet
metadata: {name: unreadable}
spec: {selector: {matchExpressions: [{key: a, operator: Like}]}}
`

func TestApplied(t *testing.T) {
	view := newMemoryView()
	if err := view.load([]byte(appliedSets)); err != nil {
		t.Fatal(err)
	}
	engine := newEngine(t, view, Options{})
	agent := Applied{SidecarSet: "agent", Revision: "agent-2", Containers: []string{"prepare", "agent"}}
	hot := Applied{SidecarSet: "hot", Containers: []string{"proxy-1", "proxy-2"}}
	marks := Applied{SidecarSet: "marks"}
	for name, test := range map[string]struct {
		pod  string
		want []Applied
	}{
		"metadata without records": {`{"metadata":{"labels":{"app":"web"}}}`, []Applied{agent, hot, marks}},
		"a record of this content, and one of another": {
			`{"metadata":{"labels":{"app":"web"},"annotations":{"kruise.io/sidecarset-hash":"{\"hot\":{\"hash\":\"hot\",\"controllerRevision\":\"hot-1\"},\"agent\":{\"hash\":\"old\",\"controllerRevision\":\"agent-1\"}}"}}}`,
			[]Applied{
				{SidecarSet: "agent", Revision: "agent-2", Containers: agent.Containers, Recorded: true, RecordedRevision: "agent-1"},
				{SidecarSet: "hot", Containers: hot.Containers, Recorded: true, RecordedRevision: "hot-1", Current: true}, marks,
			},
		},
		"a plain hash of an old release": {
			`{"metadata":{"labels":{"app":"web"},"annotations":{"kruise.io/sidecarset-hash":"{\"agent\":\"new\"}"}}}`,
			[]Applied{{SidecarSet: "agent", Revision: "agent-2", Containers: agent.Containers, Recorded: true, Current: true}, hot, marks},
		},
		"records that cannot be read are none": {
			`{"metadata":{"labels":{"app":"web"},"annotations":{"kruise.io/sidecarset-hash":"{"}}}`, []Applied{agent, hot, marks},
		},
		"its own container of that name": {
			`{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"agent"},{"name":"app"}]}}`,
			[]Applied{{SidecarSet: "agent", Revision: "agent-2", Containers: agent.Containers, Own: []string{"agent"}}, hot, marks},
		},
		"a pinned revision that is gone": {`{"metadata":{"labels":{"app":"pinned"}}}`, []Applied{{SidecarSet: "gone", Refused: cmpopts.AnyError}}},
		"finished":                       {`{"metadata":{"labels":{"app":"web"}},"status":{"phase":"Succeeded"}}`, nil},
		"being deleted":                  {`{"metadata":{"labels":{"app":"web"},"deletionTimestamp":"2026-01-01T00:00:00Z"}}`, nil},
		"selected by nothing":            {`{"metadata":{"labels":{"app":"other"}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := engine.Applied(t.Context(), "shop", []byte(test.pod))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("no pod", func(t *testing.T) {
		if _, err := engine.Applied(t.Context(), "shop", []byte(`{"kind":"Deployment"}`)); err == nil {
			t.Error("a Deployment was taken for a pod")
		}
	})
}

func TestAppliedCannotTell(t *testing.T) {
	view := viewOf(t, simpleSet("s", "x", `,"namespaceSelector":{"matchLabels":{"a":"b"}}`))
	view.err = errors.New("no answer")
	if _, err := newEngine(t, view, Options{}).Applied(t.Context(), "shop", simplePod("x")); !errors.Is(err, view.err) {
		t.Errorf("error %v, want that of the look-up", err)
	}
	engine, err := New(Options{View: view, Clock: fixedClock})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Applied(t.Context(), "shop", simplePod("x")); err == nil {
		t.Error("an engine that knows nothing yet gave an answer")
	}
	if _, err := engine.Ignored(); err == nil {
		t.Error("an engine that knows nothing yet gave a list")
	}
}

func TestIgnored(t *testing.T) {
	view := newMemoryView()
	if err := view.load([]byte(appliedSets)); err != nil {
		t.Fatal(err)
	}
	reasons, err := newEngine(t, view, Options{}).Ignored()
	if err != nil {
		t.Fatal(err)
	}
	want := []Reason{{SidecarSet: "empty", Clause: SelectorDiffers}, {SidecarSet: "paused", Clause: Paused}, {SidecarSet: "unreadable", Clause: Broken}}
	if diff := cmp.Diff(want, reasons, cmpopts.IgnoreFields(Reason{}, "Detail")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
