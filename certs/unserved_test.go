package certs

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"
)

// TestR11UnservedPathsAreReportedAndLeft: an entry with a path that this version does not know is named by the log, once, and by Status,
// and stays where it is, with a caBundle like the others. OpenKruise takes it out (spec/server.md 15, SV-27).
func TestR11UnservedPathsAreReportedAndLeft(t *testing.T) {
	w := newWorld(t, clock.RealClock{})
	w.edit(mutatingPath, func(object *unstructured.Unstructured) {
		object.Object["webhooks"] = append(object.Object["webhooks"].([]any),
			map[string]any{"name": "old", "clientConfig": map[string]any{"service": map[string]any{"name": self.Service, "namespace": self.Namespace, "path": "/mutate-old"}}},
			map[string]any{"name": "root", "clientConfig": map[string]any{"service": map[string]any{"name": self.Service, "namespace": self.Namespace}}},
			map[string]any{"name": "url", "clientConfig": map[string]any{"url": "https://localhost:9443/mutate-newer"}},
			map[string]any{"name": "foreign", "clientConfig": map[string]any{"url": "https://example.com/mutate-foreign"}},
		)
	})
	var mu sync.Mutex
	var lines []string
	typed, untyped := w.clients()
	configurations, err := NewConfigurations(untyped, ConfigurationsOptions{
		Identity: self, Mutating: []string{"kruise-admission"},
		Serves: func(path string) bool { return slices.Contains([]string{"/mutate-pod", "/mutate"}, path) },
		Log: funcr.New(func(_, line string) {
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(line, "does not serve") {
				lines = append(lines, line)
			}
		}, funcr.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	source, err := NewSelfManaged(typed, configurations, SelfManagedOptions{Identity: self})
	if err != nil {
		t.Fatal(err)
	}
	w.run(source)
	w.eventually("healthy", source.Healthy)

	want := []string{`webhook "old" calls /mutate-old`, `webhook "root" calls /`, `webhook "url" calls /mutate-newer`}
	reported := func(want []string) func() error {
		return func() error {
			if diff := cmp.Diff(want, source.Status().Configurations[0].Unserved); diff != "" {
				return fmt.Errorf("status (-want +got):\n%s", diff)
			}
			return nil
		}
	}
	w.eventually("reported", reported(want))
	configs, _ := clientConfigs(w.get(mutatingPath), self)
	if len(configs) != 5 {
		t.Errorf("%d entries of ours are left, want 5", len(configs))
	}
	for _, config := range configs {
		if string(config.caBundle) != string(w.secretState().bundle()) {
			t.Errorf("%s was given no caBundle", config.where)
		}
	}
	mu.Lock()
	if len(lines) != 1 || !strings.Contains(lines[0], strings.ReplaceAll(strings.Join(want, ", "), `"`, `\"`)) {
		t.Errorf("logged %q, want one line that names %v", lines, want)
	}
	mu.Unlock()

	w.edit(mutatingPath, func(object *unstructured.Unstructured) {
		object.Object["webhooks"] = object.Object["webhooks"].([]any)[:1]
	})
	w.eventually("no longer reported", reported(nil))
}
