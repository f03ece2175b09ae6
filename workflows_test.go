package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
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
