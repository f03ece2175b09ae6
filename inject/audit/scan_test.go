package audit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/inject"
)

var born = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// sets is a view of SidecarSets.
type sets []*v1beta1.SidecarSet

func (s sets) SidecarSets() []*v1beta1.SidecarSet { return s }

func (s sets) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	for _, set := range s {
		if set.Name == name {
			return set, nil, true
		}
	}
	return nil, nil, false
}

func (sets) ControllerRevision(string) (*appsv1.ControllerRevision, bool) { return nil, false }
func (sets) ControllerRevisions(string) []*appsv1.ControllerRevision      { return nil }
func (sets) NamespaceLabels(_ context.Context, name string) (map[string]string, bool, error) {
	return map[string]string{"name": name}, true, nil
}

// sidecarSet brings a container into the pods of an app.
func sidecarSet(name, app, container string, change ...func(*v1beta1.SidecarSet)) *v1beta1.SidecarSet {
	set := &v1beta1.SidecarSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(born)},
		Spec: v1beta1.SidecarSetSpec{
			Selector:   &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}},
			Containers: []v1beta1.SidecarContainer{{}},
		},
	}
	set.Spec.Containers[0].Name = container
	set.Spec.Containers[0].Image = container + ":1"
	for _, c := range change {
		c(set)
	}
	return set
}

// newScan makes a scan of these SidecarSets.
func newScan(t *testing.T, options Options, all ...*v1beta1.SidecarSet) *Scan {
	t.Helper()
	engine, err := inject.New(inject.Options{View: sets(all), Clock: func() time.Time { return born }})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, set := range all {
		names = append(names, set.Name)
	}
	engine.Changed(names)
	options.Engine, options.View = engine, sets(all)
	scan, err := NewScan(options)
	if err != nil {
		t.Fatal(err)
	}
	return scan
}

// pod is the metadata of a pod of app web, that many seconds younger than the SidecarSets.
func pod(age time.Duration, more string) []byte {
	return fmt.Appendf(nil, `{"metadata":{"namespace":"shop","name":"p","uid":"u","labels":{"app":"web"},"creationTimestamp":%q%s}}`,
		born.Add(age).Format(time.RFC3339), more)
}

func record(sidecarSet, hash string) string {
	return fmt.Sprintf(`,"annotations":{"kruise.io/sidecarset-hash":"{\"%s\":{\"hash\":\"%s\",\"controllerRevision\":\"%[1]s-1\"}}"}`, sidecarSet, hash)
}

func TestPods(t *testing.T) {
	agent := sidecarSet("agent", "web", "agent", func(s *v1beta1.SidecarSet) {
		s.Annotations = map[string]string{"kruise.io/sidecarset-hash": "new", "kruise.io/sidecarset-hash-without-image": "x"}
		s.Status.LatestRevision = "agent-2"
	})
	for name, test := range map[string]struct {
		pod     []byte
		options Options
		kind    Kind
		detail  string
	}{
		"injected":                              {pod: pod(time.Hour, record("agent", "new"))},
		"without a record":                      {pod: pod(time.Hour, ""), kind: Missed, detail: "lacks agent"},
		"older than the SidecarSet":             {pod: pod(-time.Hour, ""), kind: Older, detail: "only new pods"},
		"created before replicas could know":    {pod: pod(settling-time.Second, ""), kind: Older},
		"created when replicas must have":       {pod: pod(settling, ""), kind: Missed},
		"of unknown age":                        {pod: []byte(`{"metadata":{"namespace":"shop","name":"p","uid":"u","labels":{"app":"web"}}}`), kind: Missed},
		"with the record of another SidecarSet": {pod: pod(time.Hour, record("other", "new")), kind: Missed},
		"with another revision":                 {pod: pod(time.Hour, record("agent", "old")), kind: Outdated, detail: "was injected with revision agent-1, a new pod gets revision agent-2"},
		"in a namespace that is not sent": {
			pod: pod(time.Hour, ""), kind: KeptOut, detail: "shop web",
			options: Options{KeptOut: func(_ context.Context, namespace string, labels map[string]string) (string, error) {
				return namespace + " " + labels["app"], nil
			}},
		},
		"outdated in a namespace that is not sent": {
			pod: pod(time.Hour, record("agent", "old")), kind: Outdated,
			options: Options{KeptOut: func(context.Context, string, map[string]string) (string, error) { return "not sent", nil }},
		},
		"that is sent": {
			pod: pod(time.Hour, ""), kind: Missed,
			options: Options{KeptOut: func(context.Context, string, map[string]string) (string, error) { return "", nil }},
		},
		"that keeps its own container": {
			pod: pod(time.Hour, ""),
			options: Options{Whole: func(context.Context, string, string) ([]byte, bool, error) {
				return []byte(`{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"agent"}]}}`), true, nil
			}},
		},
		"whose own containers have other names": {
			pod: pod(time.Hour, ""), kind: Missed,
			options: Options{Whole: func(context.Context, string, string) ([]byte, bool, error) {
				return []byte(`{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"app"}]}}`), true, nil
			}},
		},
		"that has changed meanwhile": {
			pod: pod(time.Hour, ""),
			options: Options{Whole: func(context.Context, string, string) ([]byte, bool, error) {
				return []byte(`{"metadata":{"labels":{"app":"api"}}}`), true, nil
			}},
		},
		"that is gone meanwhile": {
			pod: pod(time.Hour, ""), options: Options{Whole: func(context.Context, string, string) ([]byte, bool, error) { return nil, false, nil }},
		},
		"finished": {pod: []byte(`{"metadata":{"labels":{"app":"web"}},"status":{"phase":"Failed"}}`)},
	} {
		t.Run(name, func(t *testing.T) {
			scan := newScan(t, test.options, agent)
			found, err := scan.Pod(t.Context(), test.pod)
			if err != nil {
				t.Fatal(err)
			}
			if test.kind == "" {
				if len(found) != 0 {
					t.Errorf("found %v, want nothing", found)
				}
				return
			}
			want := []Finding{{Kind: test.kind, SidecarSet: "agent", Namespace: "shop", Pod: "p", UID: "u"}}
			if diff := cmp.Diff(want, found, cmpopts.IgnoreFields(Finding{}, "Detail")); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			if !strings.Contains(found[0].Detail, test.detail) {
				t.Errorf("detail %q, want %q in it", found[0].Detail, test.detail)
			}
		})
	}
}

func TestAPinThatIsGone(t *testing.T) {
	nowhere := "nowhere"
	scan := newScan(t, Options{}, sidecarSet("pinned", "web", "c", func(s *v1beta1.SidecarSet) {
		s.Spec.InjectionStrategy.Revision = &v1beta1.SidecarSetInjectRevision{RevisionName: &nowhere}
	}))
	found, err := scan.Pod(t.Context(), pod(time.Hour, ""))
	if err != nil || len(found) != 1 || found[0].Kind != Refused || !strings.Contains(found[0].Detail, nowhere) {
		t.Errorf("found %v, error %v", found, err)
	}
}

func TestLookUpsThatFail(t *testing.T) {
	broken := errors.New("no answer")
	for name, options := range map[string]Options{
		"kept out": {KeptOut: func(context.Context, string, map[string]string) (string, error) { return "", broken }},
		"whole":    {Whole: func(context.Context, string, string) ([]byte, bool, error) { return nil, false, broken }},
	} {
		if _, err := newScan(t, options, sidecarSet("agent", "web", "agent")).Pod(t.Context(), pod(time.Hour, "")); !errors.Is(err, broken) {
			t.Errorf("%s: error %v, want that of the look-up", name, err)
		}
	}
	for name, text := range map[string]string{"no JSON": `{`, "no pod": `{"kind":"Deployment"}`} {
		if _, err := newScan(t, Options{}).Pod(t.Context(), []byte(text)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := NewScan(Options{}); err == nil {
		t.Error("a scan without an engine")
	}
}

func TestSidecarSets(t *testing.T) {
	scan := newScan(t, Options{},
		sidecarSet("agent", "web", "agent"), sidecarSet("agent-too", "web", "agent"), sidecarSet("unused", "nothing", "c"),
		sidecarSet("resting", "nothing", "c", func(s *v1beta1.SidecarSet) { s.Spec.InjectionStrategy.Paused = true }),
		sidecarSet("selectorless", "x", "c", func(s *v1beta1.SidecarSet) { s.Spec.Selector = nil }),
		sidecarSet("unreadable", "x", "c", func(s *v1beta1.SidecarSet) {
			s.Spec.Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Like"}}}
		}))
	for range 2 {
		if _, err := scan.Pod(t.Context(), pod(time.Hour, "")); err != nil {
			t.Fatal(err)
		}
	}
	for _, complete := range []bool{true, false} {
		found, err := scan.SidecarSets(complete)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]Kind{"agent": Clash, "resting": Paused, "selectorless": Broken, "unreadable": Broken}
		if complete {
			want["unused"] = Idle
		}
		got := map[string]Kind{}
		for _, f := range found {
			got[f.SidecarSet] = f.Kind
			if f.Kind == Clash && (!strings.Contains(f.Detail, "agent-too") || !strings.Contains(f.Detail, "into 2 of") || !strings.Contains(f.Detail, "shop/p")) {
				t.Errorf("clash: %s", f.Detail)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("complete %t (-want +got):\n%s", complete, diff)
		}
	}
}

func TestNotes(t *testing.T) {
	for kind, want := range map[Kind]bool{KeptOut: true, Paused: true, Missed: false, Older: false, Outdated: false, Refused: false, Clash: false, Idle: false, Broken: false} {
		if kind.IsNote() != want {
			t.Errorf("%s: note is %t, want %t", kind, !want, want)
		}
	}
}
