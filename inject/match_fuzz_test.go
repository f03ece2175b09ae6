package inject

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FuzzMatching holds any selectors against any labels: what the index and the compiled selectors find is what the reference finds, which asks
// every SidecarSet.
func FuzzMatching(f *testing.F) {
	for _, seed := range []struct{ selector, namespaces, labels, namespaceLabels string }{
		{`{"matchLabels":{"app":"web"}}`, `null`, `{"app":"web"}`, `{}`},
		{`{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}`, `{}`, `{}`, `{"env":"a"}`},
		{`{"matchExpressions":[{"key":"app","operator":"In","values":["web","web",""]},{"key":"x","operator":"Exists"}]}`,
			`{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"In","values":["shop","other"]}]}`, `{"app":"","x":""}`, `{"kubernetes.io/metadata.name":"shop"}`},
		{`{"matchExpressions":[{"key":"a","operator":"DoesNotExist"}]}`, `{"matchLabels":{"env":"prod"}}`, `{"b":"c"}`, `{"env":"prod"}`},
		{`{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"app","operator":"What"}]}`, `null`, `{"app":"web"}`, `null`},
	} {
		f.Add(seed.selector, seed.namespaces, seed.labels, seed.namespaceLabels)
	}
	f.Fuzz(func(t *testing.T, selector, namespaces, labels, namespaceLabels string) {
		view := newMemoryView()
		ofNamespace := map[string]string{}
		if json.Unmarshal([]byte(namespaceLabels), &ofNamespace) == nil && ofNamespace != nil {
			view.namespaces["shop"] = ofNamespace
		}
		for name, spec := range map[string]string{
			"fuzzed":     `"selector":` + selector + `,"namespaceSelector":` + namespaces,
			"all-spaces": `"selector":` + selector,
			"app":        `"selector":{"matchLabels":{"app":"web"}}`,
			"app-too":    `"selector":{"matchExpressions":[{"key":"app","operator":"In","values":["web"]}]},"namespaceSelector":` + namespaces,
		} {
			raw := []byte(`{"kind":"SidecarSet","metadata":{"name":"` + name + `"},"spec":{` + spec + `}}`)
			if !json.Valid(raw) || view.add(raw) != nil {
				return // the API server stores no such thing
			}
		}
		onPod := map[string]string{}
		if json.Unmarshal([]byte(labels), &onPod) != nil {
			return
		}
		object, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": onPod}})
		if err != nil {
			t.Fatal(err)
		}
		pod, err := readPod(object, "shop")
		if err != nil {
			t.Fatal(err)
		}
		m := matcher{view: view, pod: pod}
		matched, _, err := m.matching(t.Context(), newEngine(t, view, Options{}).snapshot.Load().candidates(pod))
		if err != nil {
			t.Fatal(err)
		}
		got, want := []string{}, []string{}
		for _, r := range matched {
			got = append(got, r.name)
		}
		for _, set := range referenceMatching(view, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: onPod}}, "shop") {
			want = append(want, set.Name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if difference := cmp.Diff(want, got); difference != "" {
			t.Fatalf("(-reference +engine):\n%s", difference)
		}
	})
}
