package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var (
	used   = regexp.MustCompile(`(?m)^\s*-? ?uses:\s*(.*)$`)
	pinned = regexp.MustCompile(`^[a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
)

// TestWorkflowsPinActions: a tag of somebody else's repository can be moved, a commit cannot.
func TestWorkflowsPinActions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(".github", "workflows", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	actions := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range used.FindAllStringSubmatch(string(text), -1) {
			actions++
			if !pinned.MatchString(action[1]) {
				t.Errorf("%s: %s is not pinned as owner/name@commit # v1.2.3", file, action[1])
			}
		}
	}
	if actions < 4 {
		t.Errorf("only %d actions were found in %v", actions, files)
	}
}

// workflow is what matters here of one.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Permissions map[string]string
		Steps       []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

// TestWorkflowsAreSafe: what may write runs nothing of the repository or of its dependencies, nothing that comes from an event becomes part of a script,
// credentials do not stay on the disk, and Go is the latest patch of the version that go.mod names, because releases are built with it.
func TestWorkflowsAreSafe(t *testing.T) {
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	minor := regexp.MustCompile(`(?m)^go (1\.\d+)`).FindSubmatch(module)
	files, err := filepath.Glob(filepath.Join(".github", "workflows", "*.yaml"))
	if err != nil || minor == nil {
		t.Fatal(err, string(module))
	}
	writing := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w workflow
		if err := yaml.Unmarshal(text, &w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if w.Permissions == nil || mayWrite(w.Permissions) {
			t.Errorf("%s: permissions of all jobs are %v, want none that write", file, w.Permissions)
		}
		for name, job := range w.Jobs {
			writes := mayWrite(job.Permissions)
			if writes {
				writing++
			}
			for _, step := range job.Steps {
				if strings.Contains(step.Run, "${{") {
					t.Errorf("%s, %s: %q has an expression, which whoever names a branch can write", file, name, step.Run)
				}
				action, _, _ := strings.Cut(step.Uses, "@")
				switch action {
				case "actions/checkout":
					if step.With["persist-credentials"] != false {
						t.Errorf("%s, %s: credentials stay", file, name)
					}
					if writes {
						t.Errorf("%s, %s: a job that may write has the repository", file, name)
					}
				case "actions/setup-go":
					if step.With["go-version"] != string(minor[1]) || step.With["check-latest"] != true {
						t.Errorf("%s, %s: Go is %v, want the latest patch of %s", file, name, step.With, minor[1])
					}
				}
			}
		}
	}
	if writing != 1 {
		t.Errorf("%d jobs may write, want the one that publishes", writing)
	}
}

func mayWrite(permissions map[string]string) bool {
	for _, access := range permissions {
		if access == "write" {
			return true
		}
	}
	return false
}
