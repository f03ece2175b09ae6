package house_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestThreatModel holds docs/threat-model.md to the code: all eighteen threats are there, in their order, and every test that is named exists.
func TestThreatModel(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 18 {
		if !strings.Contains(string(text), fmt.Sprintf("\n## %d. ", i+1)) {
			t.Errorf("threat %d is missing", i+1)
		}
	}
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, match := range declared.FindAllSubmatch(source, -1) {
			tests[string(match[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w+)`").FindAllSubmatch(text, -1)
	if len(named) < 18 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, match := range named {
		if !tests[string(match[1])] {
			t.Errorf("%s does not exist", match[1])
		}
	}
}
