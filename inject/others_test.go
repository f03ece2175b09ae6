package inject

import (
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// TestOthers follows the audit annotation while SidecarSets come and go.
func TestOthers(t *testing.T) {
	view := newMemoryView()
	engine := newEngine(t, view, Options{})
	put := func(name, app string) {
		set := &v1beta1.SidecarSet{}
		set.Name = name
		set.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": app}}
		view.sets[name] = set
		engine.Changed([]string{name})
	}
	others := func(pod string) string {
		t.Helper()
		result, err := engine.Review(t.Context(), createPod("shop", []byte(pod)))
		if err != nil || !result.Allowed {
			t.Fatal(result, err)
		}
		return result.Audit[AuditOthers]
	}
	expect := func(pod, want string) {
		t.Helper()
		if got := others(pod); got != want {
			t.Errorf("others of %s: %q, want %q", pod, got, want)
		}
	}
	const web, finished = `{"metadata":{"labels":{"app":"web"}}}`, `{"status":{"phase":"Succeeded"}}`

	expect(web, "")
	put("b", "other")
	put("a", "other")
	put("web", "web")
	expect(web, "a: selector; b: selector")
	expect(`{}`, "a: selector; b: selector; web: selector")
	expect(finished, "")
	put("a", "web")
	expect(web, "b: selector")
	for i := range maxNamed {
		put(fmt.Sprintf("more-%d", i), "other")
	}
	expect(web, fmt.Sprintf("%d SidecarSets: selector", maxNamed+1))
	for name := range view.sets {
		if strings.HasPrefix(name, "more-") {
			delete(view.sets, name)
			engine.Changed([]string{name})
		}
	}
	expect(web, "b: selector")
}
