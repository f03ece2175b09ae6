package certs

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr/funcr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/clock"
)

// TestConfigurationsOfSeveralNames: OpenKruise's two configurations have two names, and a server looks for each name in both kinds. Both are
// published and verified, and only the name under which there is nothing at all is said to be missing.
func TestConfigurationsOfSeveralNames(t *testing.T) {
	names := map[string]string{mutatingPath: "kruise-mutating-webhook-configuration", validatingPath: "kruise-validating-webhook-configuration"}
	w := newWorld(t, clock.RealClock{})
	w.remove(secondPath)
	for path, name := range names {
		object := w.get(path)
		w.remove(path)
		object.SetName(name)
		w.put(renamed(path, name), object.Object)
	}

	var mu sync.Mutex
	var absent []string
	wanted := []string{names[mutatingPath], names[validatingPath], "nothing"}
	typed, untyped := w.clients()
	configurations, err := NewConfigurations(untyped, ConfigurationsOptions{
		Identity: self, Mutating: wanted, Validating: wanted,
		Log: funcr.New(func(_, line string) {
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(line, "no webhook configuration of this name") {
				absent = append(absent, line)
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
	w.eventually("the absent name is reported", func() error {
		mu.Lock()
		defer mu.Unlock()
		if len(absent) != 1 || !strings.Contains(absent[0], `"name"="nothing"`) {
			return fmt.Errorf("reported: %v", absent)
		}
		return nil
	})

	// Nobody repairs from here on, so that it can be seen what is verified.
	w.setRefuse(func(method, _ string) int {
		if method == http.MethodPatch {
			return http.StatusForbidden
		}
		return 0
	})
	certificate, err := source.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	verify := func() error { return configurations.Verify(certificate) }
	for path, name := range names {
		good := w.get(renamed(path, name))
		w.edit(renamed(path, name), setBundles(""))
		w.eventually(name+" is verified", func() error {
			if err := verify(); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
				return fmt.Errorf("verify says %v", err)
			}
			return nil
		})
		w.edit(renamed(path, name), func(object *unstructured.Unstructured) { object.Object["webhooks"] = good.Object["webhooks"] })
		w.eventually(name+" fits again", verify)
	}
}

// renamed is the path of an object of the same kind with another name.
func renamed(path, name string) string { return path[:strings.LastIndex(path, "/")+1] + name }
