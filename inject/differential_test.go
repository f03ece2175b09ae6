package inject

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

// checkAgainstReference compares the engine, which reads of a pod what it needs, with the reference, which decodes it all: the decision is the
// same, and the patched pod is equivalent in Kubernetes' types. It says whether the reference could judge the pod and has changed it.
func checkAgainstReference(t *testing.T, view *memoryView, options Options, engine *Engine, namespace string, object []byte) (judged, injected bool) {
	t.Helper()
	if wire.CheckQuantities(object) != nil {
		return false, false // decoding everything takes minutes
	}
	want := &corev1.Pod{}
	strict, err := kjson.UnmarshalStrict(object, want)
	if err != nil || len(want.Annotations[sidecarset.HashAnnotation]+want.Annotations[sidecarset.HashWithoutImageAnnotation]) > 0 {
		return false, false
	}
	if want.Kind != "" && want.Kind != "Pod" || want.APIVersion != "" && want.APIVersion != "v1" {
		return false, false
	}
	for _, problem := range strict {
		if strings.Contains(problem.Error(), "duplicate") {
			return false, false // a struct mixes both, a JSON Patch meets the last one
		}
	}
	for _, set := range referenceMatching(view, want, namespace) {
		if set.Spec.InjectionStrategy.Revision != nil {
			return false, false
		}
	}
	posted := want.DeepCopy()
	referenceErr := referenceInject(view, options, want, namespace)
	if referenceErr != nil && !errors.Is(referenceErr, errReferenceRefuses) {
		t.Fatal(referenceErr)
	}
	result, err := engine.Review(t.Context(), createPod(namespace, object))
	if err != nil {
		t.Fatalf("cannot tell: %v", err)
	}
	if result.Allowed != (referenceErr == nil) {
		t.Fatalf("allowed is %v (%s), the reference says %v\n%s", result.Allowed, result.Message, referenceErr, object)
	}
	if !result.Allowed {
		return true, false
	}
	got := &corev1.Pod{}
	if err := decode(applyPatch(t, object, result.Patch), got); err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff(typedTree(t, want), typedTree(t, got)); difference != "" {
		t.Fatalf("(-reference +engine):\n%s\npod: %s", difference, object)
	}
	return true, !cmp.Equal(typedTree(t, posted), typedTree(t, want))
}

func typedTree(t *testing.T, pod *corev1.Pod) any {
	t.Helper()
	raw, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	return tree(t, raw)
}

func TestDifferentialOfRandomPods(t *testing.T) {
	const rounds = 500
	judged, injected := 0, 0
	for seed := range uint64(rounds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := random{rand.New(rand.NewPCG(seed, 3))}
			view, options := r.view(), Options{Clashes: r.clashes(), SortContainersByName: r.chance(2)}
			j, i := checkAgainstReference(t, view, options, newEngine(t, view, options), "shop", r.pod())
			judged, injected = judged+count(j), injected+count(i)
		})
	}
	if judged < rounds*8/10 || injected < rounds/3 {
		t.Errorf("of %d pods the reference judged %d and injected %d: the random objects no longer test much", rounds, judged, injected)
	}
}

func TestDifferentialOfRecordedPods(t *testing.T) {
	engine, cases := ownEngine(t)
	view := engine.options.View.(*memoryView)
	judged, injected := 0, 0
	for _, c := range cases {
		request := c.Request()
		if request.Operation != "CREATE" || request.SubResource != "" || request.Resource.Resource != "pods" || absent(request.Object.Raw) {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			j, i := checkAgainstReference(t, view, Options{}, engine, request.Namespace, request.Object.Raw)
			judged, injected = judged+count(j), injected+count(i)
		})
	}
	if judged < 150 || injected < 100 {
		t.Errorf("the reference judged %d of %d recorded pods and injected %d", judged, len(cases), injected)
	}
}

func count(condition bool) int {
	if condition {
		return 1
	}
	return 0
}

// FuzzDifferential compares on any pod.
func FuzzDifferential(f *testing.F) {
	engine, cases := ownEngine(f)
	view := engine.options.View.(*memoryView)
	for _, c := range cases {
		if object := c.Request().Object.Raw; len(object) < 4096 {
			f.Add(object)
		}
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		checkAgainstReference(t, view, Options{}, engine, "vi-alpha", object)
	})
}
