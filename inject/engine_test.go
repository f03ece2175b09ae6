package inject

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/decision"
)

// simpleSet is a SidecarSet with one container, selected by label app. more goes into its spec.
func simpleSet(name, app, more string) []byte {
	return fmt.Appendf(nil, `{"kind":"SidecarSet","metadata":{"name":%q},"spec":{"selector":{"matchLabels":{"app":%q}},"containers":[{"name":"c-%s","image":"i:1"}]%s}}`,
		name, app, name, more)
}

func simplePod(app string) []byte {
	return fmt.Appendf(nil, `{"metadata":{"name":"p","labels":{"app":%q}},"spec":{"containers":[{"name":"app"}]}}`, app)
}

func viewOf(t testing.TB, objects ...[]byte) *memoryView {
	t.Helper()
	view := newMemoryView()
	view.namespaces["shop"] = map[string]string{"kubernetes.io/metadata.name": "shop"}
	for _, object := range objects {
		if err := view.add(object); err != nil {
			t.Fatal(err)
		}
	}
	return view
}

func TestNewNeedsItsOptions(t *testing.T) {
	view := newMemoryView()
	for name, options := range map[string]Options{"view": {Clock: fixedClock}, "clock": {View: view}} {
		if _, err := New(options); err == nil || !strings.Contains(strings.ToLower(err.Error()), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	if _, err := New(Options{View: view, Clock: fixedClock}); err != nil {
		t.Error(err)
	}
}

// TestCannotTellBeforeTheFirstChange: "nothing known yet" must not let a pod through without its sidecars.
func TestCannotTellBeforeTheFirstChange(t *testing.T) {
	engine, err := New(Options{View: viewOf(t, simpleSet("s", "x", "")), Clock: fixedClock})
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.Review(t.Context(), createPod("shop", simplePod("x")))
	if _, again := decision.RetryAfter(err); err == nil || !again {
		t.Errorf("review: %v", err)
	}
	if _, err := engine.Explain(t.Context(), "shop", simplePod("x")); err == nil {
		t.Error("explain gave an answer")
	}
	engine.Changed(nil)
	if result, err := engine.Review(t.Context(), createPod("shop", simplePod("x"))); err != nil || !result.Allowed {
		t.Errorf("after the first change: %v", err)
	}
}

func TestOnlyTheCreationOfPodsIsLookedAt(t *testing.T) {
	view := viewOf(t, simpleSet("s", "x", `,"namespaceSelector":{"matchLabels":{"a":"b"}}`))
	view.err = errors.New("must not be asked")
	engine := newEngine(t, view, Options{})
	tests := map[string]func(*admissionv1.AdmissionRequest){
		"update": func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Update },
		"delete": func(r *admissionv1.AdmissionRequest) {
			r.Operation, r.Object = admissionv1.Delete, runtime.RawExtension{}
		},
		"connect":           func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Connect },
		"unknown operation": func(r *admissionv1.AdmissionRequest) { r.Operation = "create" },
		"subresource":       func(r *admissionv1.AdmissionRequest) { r.SubResource = "binding" },
		"other resource":    func(r *admissionv1.AdmissionRequest) { r.Resource.Resource = "services" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			request := createPod("shop", simplePod("x"))
			change(request)
			result, err := engine.Review(t.Context(), request)
			if err != nil || !result.Allowed || len(result.Patch) > 0 {
				t.Errorf("%v %+v", err, result)
			}
		})
	}
	if _, err := engine.Review(t.Context(), createPod("shop", simplePod("x"))); err == nil {
		t.Error("the creation of a pod was decided without its namespace")
	}
}

func TestNamespaceIsLookedUpOnlyWhenItMatters(t *testing.T) {
	view := viewOf(t, simpleSet("plain", "plain", ""),
		simpleSet("a", "selected", `,"namespaceSelector":{"matchLabels":{"tier":"gold"}}`),
		simpleSet("b", "selected", `,"namespaceSelector":{"matchLabels":{"tier":"gold"}}`))
	engine := newEngine(t, view, Options{})
	for app, want := range map[string]int{"plain": 0, "none": 0, "selected": 1} {
		view.lookups = 0
		if _, err := engine.Review(t.Context(), createPod("shop", simplePod(app))); err != nil {
			t.Fatal(err)
		}
		if view.lookups != want {
			t.Errorf("app %s: %d look-ups, want %d", app, view.lookups, want)
		}
	}
}

// panickingView panics where a pinned SidecarSet is compiled.
type panickingView struct{ *memoryView }

func (panickingView) ControllerRevision(string) (*appsv1.ControllerRevision, bool) { panic("secret") }

func TestPanicOfTheCompilerBreaksOneSidecarSet(t *testing.T) {
	view := viewOf(t, simpleSet("pinned", "shop", `,"injectionStrategy":{"revision":{"revisionName":"pinned-1"}}`), simpleSet("other", "shop", ""))
	broken := map[string]string{}
	engine, err := New(Options{
		View: panickingView{view}, Clock: fixedClock, Broken: func(name string, err error) { broken[name] = err.Error() },
	})
	if err != nil {
		t.Fatal(err)
	}
	engine.Changed(view.names())
	if len(broken) != 1 || !strings.Contains(broken["pinned"], "internal error") || strings.Contains(broken["pinned"], "secret") {
		t.Errorf("reported: %v", broken)
	}
	result, err := engine.Review(t.Context(), createPod("shop", simplePod("shop")))
	if err != nil || result.Audit[AuditInjected] != "other" || result.Audit[AuditOthers] != "pinned: broken" {
		t.Errorf("audit: %v, %v", result.Audit, err)
	}
}

func TestBrokenSidecarSetIsReportedAndIgnored(t *testing.T) {
	view := viewOf(t, simpleSet("good", "x", ""),
		[]byte(`{"kind":"SidecarSet","metadata":{"name":"bad"},"spec":{"selector":{"matchExpressions":[{"key":"app","operator":"Like"}]}}}`),
		simpleSet("bad-namespace", "x", `,"namespaceSelector":{"matchExpressions":[{"key":"a","operator":"Like"}]}`))
	broken := map[string]string{}
	engine := newEngine(t, view, Options{Broken: func(name string, err error) { broken[name] = err.Error() }})
	if len(broken) != 2 || !strings.Contains(broken["bad"], "spec.selector") || !strings.Contains(broken["bad-namespace"], "spec.namespaceSelector") {
		t.Errorf("reported: %v", broken)
	}
	result, err := engine.Review(t.Context(), createPod("shop", simplePod("x")))
	if err != nil || !result.Allowed || result.Audit[AuditInjected] != "good" {
		t.Errorf("%v %+v", err, result)
	}
}

// TestChanges follows SidecarSets and their revisions through their lives.
func TestChanges(t *testing.T) {
	view := viewOf(t)
	engine := newEngine(t, view, Options{})
	review := func() decision.Decision {
		t.Helper()
		result, err := engine.Review(t.Context(), createPod("shop", simplePod("x")))
		if err != nil {
			t.Fatal(err)
		}
		return result
	}
	steps := []struct {
		name    string
		change  func()
		allowed bool
		audit   string
	}{
		{"nothing yet", func() {}, true, ""},
		{"created", func() { view.mustAdd(simpleSet("s", "x", "")) }, true, "s"},
		{"label changed", func() { view.mustAdd(simpleSet("s", "y", "")) }, true, ""},
		{"changed back", func() { view.mustAdd(simpleSet("s", "x", "")) }, true, "s"},
		{"pinned to nothing", func() {
			view.mustAdd(simpleSet("s", "x", `,"injectionStrategy":{"revision":{"revisionName":"s-1"}}`))
		}, false, ""},
		{"revision created", func() {
			view.mustAdd([]byte(`{"kind":"ControllerRevision","metadata":{"name":"s-1","labels":{"kruise.io/sidecarset-name":"s"}},"data":{"spec":{"$patch":"replace","containers":[{"name":"old","image":"i:0"}]}}}`))
		}, true, "s (pinned revision s-1)"},
		{"revision of something else", func() {
			view.mustAdd([]byte(`{"kind":"ControllerRevision","metadata":{"name":"s-1"},"data":{"spec":{"template":{"$patch":"replace"}}}}`))
		}, false, ""},
		{"deleted", func() { delete(view.sets, "s") }, true, ""},
	}
	for _, step := range steps {
		step.change()
		engine.Changed([]string{"s"})
		if result := review(); result.Allowed != step.allowed || result.Audit[AuditInjected] != step.audit {
			t.Errorf("%s: %+v", step.name, result)
		}
	}
	current := engine.snapshot.Load()
	for name := range current.rules.all() {
		t.Errorf("rule left behind: %s", name)
	}
	for key := range current.index.all() {
		t.Errorf("index entry left behind: %+v", key)
	}
}

func (v *memoryView) mustAdd(raw []byte) {
	if err := v.add(raw); err != nil {
		panic(err)
	}
}

// TestReviewsDuringChanges gives the race detector something to look at; every review must see one state or the other.
func TestReviewsDuringChanges(t *testing.T) {
	view := viewOf(t, simpleSet("always", "x", ""), simpleSet("sometimes", "x", ""))
	engine := newEngine(t, view, Options{})
	ctx, stop := context.WithCancel(t.Context())
	var reviews sync.WaitGroup
	for range 2 {
		reviews.Go(func() {
			for ctx.Err() == nil {
				result, err := engine.Review(ctx, createPod("shop", simplePod("x")))
				if names := result.Audit[AuditInjected]; err != nil || (names != "always" && names != "always, sometimes") {
					t.Errorf("%v %+v", err, result)
					return
				}
			}
		})
	}
	with := view.sets["sometimes"]
	for i := range 500 {
		delete(view.sets, "sometimes")
		if i%2 == 1 {
			view.sets["sometimes"] = with
		}
		engine.Changed([]string{"sometimes"})
	}
	stop()
	reviews.Wait()
}

// TestStoredFieldsSurvive checks a field of a newer Kubernetes in every part of a SidecarSet, and that no stored JSON is needed.
func TestStoredFieldsSurvive(t *testing.T) {
	set := []byte(`{"kind":"SidecarSet","metadata":{"name":"s"},"spec":{"selector":{"matchLabels":{"app":"x"}},
		"containers":[{"name":"c","futureA":1,"env":[{"name":"A","futureB":1}],"volumeMounts":[{"name":"v","mountPath":"/v","futureC":1}],
			"resources":{"futureD":1,"limits":{"cpu":"1000m"}},"lifecycle":{"futureE":{}}}],
		"volumes":[{"name":"v","futureF":{}}],"imagePullSecrets":[{"name":"k","futureG":1}]}}`)
	view := viewOf(t, set)
	result, err := newEngine(t, view, Options{}).Review(t.Context(), createPod("shop", simplePod("x")))
	if err != nil || !result.Allowed {
		t.Fatalf("%v %+v", err, result)
	}
	after := string(applyPatch(t, simplePod("x"), result.Patch))
	for _, want := range []string{"futureA", "futureB", "futureC", "futureD", "futureE", "futureF", "futureG", `"cpu":"1"`} {
		if !strings.Contains(after, want) {
			t.Errorf("%s is missing: %s", want, after)
		}
	}
	view.stored["s"] = nil
	result, err = newEngine(t, view, Options{}).Review(t.Context(), createPod("shop", simplePod("x")))
	if after := string(applyPatch(t, simplePod("x"), result.Patch)); err != nil || !strings.Contains(after, `"cpu":"1"`) || strings.Contains(after, "future") {
		t.Errorf("without stored JSON: %v %s", err, after)
	}
}

func TestParseClashPolicy(t *testing.T) {
	for _, policy := range []ClashPolicy{ClashReplace, ClashKeep, ClashRefuse} {
		if got, err := ParseClashPolicy(policy.String()); err != nil || got != policy {
			t.Errorf("%v: got %v, %v", policy, got, err)
		}
	}
	if _, err := ParseClashPolicy("Replace"); err == nil || !strings.Contains(err.Error(), "keep") {
		t.Errorf("unknown policy: %v", err)
	}
}

// blockedView is a view whose SidecarSets cannot be read for a while.
type blockedView struct {
	View
	entered, release chan struct{}
}

func (v *blockedView) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	close(v.entered)
	<-v.release
	return v.View.SidecarSet(name)
}

// TestReviewsDoNotWaitForChanges: while a change is being compiled, pods are decided by what was there before.
func TestReviewsDoNotWaitForChanges(t *testing.T) {
	view := viewOf(t, simpleSet("s", "x", ""))
	engine := newEngine(t, view, Options{})
	blocked := &blockedView{View: view, entered: make(chan struct{}), release: make(chan struct{})}
	engine.options.View = blocked
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		engine.Changed([]string{"s"})
	}()
	<-blocked.entered
	result, err := engine.Review(t.Context(), createPod("shop", simplePod("x")))
	if err != nil || len(result.Patch) == 0 {
		t.Errorf("review during a change: %v %+v", err, result)
	}
	close(blocked.release)
	<-changed
}
