package inject

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

func createPod(namespace string, object []byte) *admissionv1.AdmissionRequest {
	return &admissionv1.AdmissionRequest{
		Operation: admissionv1.Create, Namespace: namespace,
		Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Object:   runtime.RawExtension{Raw: object},
	}
}

// checkProperties checks what must hold for every engine and pod, and says whether anything was injected.
func checkProperties(t *testing.T, engine *Engine, namespace string, object []byte) bool {
	t.Helper()
	request := createPod(namespace, object)
	result, err := engine.Review(t.Context(), request)
	if err != nil {
		t.Fatalf("cannot tell: %v", err)
	}
	if !result.Allowed {
		checkRefusal(t, result)
		return false
	}
	patched := applyPatch(t, object, result.Patch)
	pod, err := readPod(object, namespace)
	if err != nil {
		t.Fatal(err)
	}
	current, err := engine.current()
	if err != nil {
		t.Fatal(err)
	}
	_, after, err := engine.decide(t.Context(), current, pod)
	if err != nil {
		t.Fatal(err)
	}
	if after != nil {
		if difference := cmp.Diff(decidedObject(t, object, after), tree(t, patched)); difference != "" {
			t.Fatalf("the patched object is not the decided one (-decided +patched):\n%s", difference)
		}
		checkKept(t, object, patched, after)
	}
	again, err := engine.Review(t.Context(), createPod(namespace, patched))
	if err != nil || !again.Allowed || len(again.Patch) != 0 {
		t.Fatalf("injecting twice is not injecting once: err=%v allowed=%v %s\npod: %s\npatch: %s", err, again.Allowed, again.Message, patched, again.Patch)
	}
	return len(result.Patch) > 0
}

// applyPatch applies operations strictly.
func applyPatch(t testing.TB, raw []byte, operations []decision.Operation) []byte {
	t.Helper()
	patched, err := recorded.Patched(raw, operations)
	if err != nil {
		t.Fatalf("the patch does not apply: %v\n%v", err, operations)
	}
	return patched
}

func checkRefusal(t *testing.T, result decision.Decision) {
	t.Helper()
	if result.Message == "" || !slices.Contains([]int32{400, 403, 422}, result.Code) || result.Reason == "" {
		t.Fatalf("a refusal that does not say why: %+v", result)
	}
}

func tree(t testing.TB, raw []byte) any {
	t.Helper()
	value, err := parseTree(raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return value
}

// decidedObject builds the decided pod without any patch: by writing the decided values into the tree of the posted pod.
func decidedObject(t testing.TB, object []byte, after *decided) any {
	t.Helper()
	pod := tree(t, object).(map[string]any)
	member := func(name string) map[string]any {
		if pod[name] == nil {
			pod[name] = map[string]any{}
		}
		return pod[name].(map[string]any)
	}
	if len(after.annotations.changes()) > 0 {
		metadata := member("metadata")
		if metadata["annotations"] == nil {
			metadata["annotations"] = map[string]any{}
		}
		for key, value := range after.annotations.changed {
			metadata["annotations"].(map[string]any)[key] = value
		}
	}
	for _, list := range after.lists {
		values := []any{}
		name := strings.TrimPrefix(list.path, "/spec/")
		var posted []any
		if spec, ok := pod["spec"].(map[string]any); ok {
			posted, _ = spec[name].([]any)
		}
		for _, e := range list.elements {
			if e.value != nil {
				values = append(values, tree(t, e.value))
			} else {
				values = append(values, posted[e.from])
			}
		}
		if len(values) > 0 {
			member("spec")[name] = values
		}
	}
	return pod
}

// checkKept checks that every posted container that was not replaced is in the result as it came, and that all other
// members of the spec are.
func checkKept(t *testing.T, object, patched []byte, after *decided) {
	t.Helper()
	before, _ := tree(t, object).(map[string]any)["spec"].(map[string]any)
	result, _ := tree(t, patched).(map[string]any)["spec"].(map[string]any)
	touched := map[string]bool{}
	for _, list := range after.lists {
		name := strings.TrimPrefix(list.path, "/spec/")
		touched[name] = true
		posted, _ := before[name].([]any)
		injected, _ := result[name].([]any)
		for i, e := range list.elements {
			if e.from >= 0 && e.value == nil && !cmp.Equal(posted[e.from], injected[i]) {
				t.Fatalf("%s[%d] was changed: %s", name, e.from, cmp.Diff(posted[e.from], injected[i]))
			}
		}
	}
	for name, value := range before {
		if !touched[name] && !cmp.Equal(value, result[name]) {
			t.Fatalf("spec.%s was changed: %s", name, cmp.Diff(value, result[name]))
		}
	}
}

// TestPropertiesOfRandomPods injects random SidecarSets into random pods.
func TestPropertiesOfRandomPods(t *testing.T) {
	injected := 0
	const rounds = 500
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := random{rand.New(rand.NewPCG(seed, 1))}
			view, options := r.view(), Options{Clashes: r.clashes(), SortContainersByName: r.chance(2)}
			pod := r.pod()
			if checkProperties(t, newEngine(t, view, options), "shop", pod) {
				injected++
			}
		})
	}
	if injected < rounds/3 {
		t.Errorf("only %d of %d pods were injected: the random objects no longer test much", injected, rounds)
	}
}

// TestPropertiesOfRecordedPods holds the pods of the conformance cases to the same.
func TestPropertiesOfRecordedPods(t *testing.T) {
	engine, cases := ownEngine(t)
	for _, c := range cases {
		if request := c.Request(); len(request.Object.Raw) > 0 {
			t.Run(c.ID, func(t *testing.T) { checkProperties(t, engine, request.Namespace, request.Object.Raw) })
		}
	}
}

// TestOrderOfCreation checks that it does not matter in which order, and in how many steps, an engine learns of SidecarSets.
func TestOrderOfCreation(t *testing.T) {
	for seed := range uint64(100) {
		r := random{rand.New(rand.NewPCG(seed, 2))}
		view, pod := r.view(), r.pod()
		want, err := newEngine(t, view, Options{}).Review(t.Context(), createPod("shop", pod))
		if err != nil {
			t.Fatal(err)
		}
		other, err := New(Options{View: view, Clock: fixedClock})
		if err != nil {
			t.Fatal(err)
		}
		names := view.names()
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			other.Changed([]string{name})
		}
		got, err := other.Review(t.Context(), createPod("shop", pod))
		if err != nil {
			t.Fatal(err)
		}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Fatalf("seed %d: learned in the order %v (-want +got):\n%s", seed, names, difference)
		}
	}
}

// TestLaterClock checks that a second pass at another time changes nothing, and that a changed SidecarSet renews the record.
func TestLaterClock(t *testing.T) {
	view, now := newMemoryView(), fixedClock()
	set := func(image string) {
		t.Helper()
		err := view.add([]byte(`{"kind":"SidecarSet","metadata":{"name":"s"},"spec":{"selector":{"matchLabels":{"app":"x"}},"containers":[{"name":"c","image":"` + image + `"}]}}`))
		if err != nil {
			t.Fatal(err)
		}
	}
	set("i:1")
	engine := newEngine(t, view, Options{Clock: func() time.Time { return now }})
	pod := []byte(`{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"app"}]}}`)
	inject := func() bool {
		t.Helper()
		result, err := engine.Review(t.Context(), createPod("shop", pod))
		if err != nil || !result.Allowed {
			t.Fatalf("%v %+v", err, result)
		}
		pod = applyPatch(t, pod, result.Patch)
		return len(result.Patch) > 0
	}
	if !inject() || !strings.Contains(string(pod), "2026-07-01T09:00:00Z") {
		t.Errorf("not injected: %s", pod)
	}
	now = now.Add(time.Hour)
	if inject() {
		t.Errorf("injected again an hour later: %s", pod)
	}
	set("i:2")
	engine.Changed([]string{"s"})
	if !inject() || !strings.Contains(string(pod), "2026-07-01T10:00:00Z") || strings.Contains(string(pod), "i:1") {
		t.Errorf("not injected anew after the SidecarSet changed: %s", pod)
	}
}
