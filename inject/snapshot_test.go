package inject

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
)

// TestIndexNarrowsDown checks that a pod is only held against rules that share a label and the namespace with it, however many
// others there are, and that labels which all rules have in common are not used.
func TestIndexNarrowsDown(t *testing.T) {
	view := newMemoryView()
	for i := range 200 {
		view.mustAdd(fmt.Appendf(nil, `{"kind":"SidecarSet","metadata":{"name":"set-%d"},"spec":{"selector":{"matchLabels":{"team":"all","app":"app-%d"}}}}`, i, i))
	}
	view.mustAdd([]byte(`{"kind":"SidecarSet","metadata":{"name":"here"},"spec":{"selector":{"matchLabels":{"team":"all"}},"namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"In","values":["shop","other","shop"]}]}}}`))
	view.mustAdd([]byte(`{"kind":"SidecarSet","metadata":{"name":"there"},"spec":{"selector":{"matchLabels":{"team":"all"}},"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"elsewhere"}}}}`))
	view.mustAdd([]byte(`{"kind":"SidecarSet","metadata":{"name":"no-label"},"spec":{"selector":{"matchExpressions":[{"key":"team","operator":"Exists"}]}}}`))
	view.mustAdd([]byte(`{"kind":"SidecarSet","metadata":{"name":"single-in"},"spec":{"selector":{"matchExpressions":[{"key":"app","operator":"In","values":["app-7"]}]}}}`))
	view.mustAdd([]byte(`{"kind":"SidecarSet","metadata":{"name":"nothing"},"spec":{"selector":{}}}`))
	engine := newEngine(t, view, Options{})
	var names []string
	for _, r := range engine.snapshot.Load().candidates(&pod{namespace: "shop", labels: labels.Set{"team": "all", "app": "app-7", "": ""}}) {
		names = append(names, r.name)
	}
	slices.Sort(names)
	want := []string{"here", "no-label", "set-7", "single-in"}
	// The first rule cannot know yet which of its labels all rules will share.
	if names = slices.DeleteFunc(names, func(name string) bool { return name == "set-0" }); !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestTableEditLeavesTheTableAlone(t *testing.T) {
	var empty table[string, int]
	first := empty.edit()
	for i := range 1000 {
		first.set(fmt.Sprint(i), i)
	}
	before := first.table
	second := before.edit()
	second.set("1", -1)
	second.set("new", 5)
	second.remove("2")
	second.remove("absent")
	if before.get("1") != 1 || before.get("2") != 2 || before.get("new") != 0 {
		t.Error("an edit changed the table it started from")
	}
	after := second.table
	if after.get("1") != -1 || after.get("2") != 0 || after.get("new") != 5 || after.get("3") != 3 {
		t.Error("an edit did not arrive")
	}
	count := 0
	for key, value := range after.all() {
		if after.get(key) != value {
			t.Errorf("%s: %d", key, value)
		}
		count++
	}
	if count != 1000 {
		t.Errorf("%d entries, want 1000", count)
	}
}
