package webhook

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the files in deploy/ and docs/ that come from the endpoint table")

// TestEndpointsAreConsistent proves what a typing mistake in the table would break.
func TestEndpointsAreConsistent(t *testing.T) {
	names, paths := map[string]bool{}, map[string]string{}
	for _, endpoint := range Endpoints() {
		if names[endpoint.Name] {
			t.Errorf("webhook name %q is used twice", endpoint.Name)
		}
		names[endpoint.Name] = true
		for _, path := range append([]string{endpoint.Path}, endpoint.Aliases...) {
			if owner, taken := paths[path]; taken && owner != endpoint.Path {
				t.Errorf("path %q stands for %q and %q", path, owner, endpoint.Path)
			}
			paths[path] = endpoint.Path
		}
		if endpoint.rule == nil {
			t.Errorf("%s: no rule", endpoint.Path)
		}
		if endpoint.Purpose == "" {
			t.Errorf("%s: no purpose", endpoint.Path)
		}
		if endpoint.TimeoutSeconds < 1 || endpoint.TimeoutSeconds > 30 {
			t.Errorf("%s: timeoutSeconds is %d, the API server takes 1 to 30", endpoint.Path, endpoint.TimeoutSeconds)
		}
		for _, rule := range endpoint.Rules {
			for _, operation := range rule.Operations {
				if endpoint.Mutating && operation == "DELETE" {
					t.Errorf("%s: a DELETE has no object to mutate", endpoint.Path)
				}
			}
		}
	}
}

func compareFile(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s does not come from the endpoint table, run `make generate` (-want +got):\n%s", path, diff)
	}
}
