package house_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	requirementRow   = regexp.MustCompile(`(?m)^\| (R-\d\d) \|[^|]+\|([^|]+)\|$`)
	requirementShown = regexp.MustCompile("`([a-z0-9/-]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`")
	requirementName  = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)R(\d\d)[A-Z]`)
)

// requirements is how many there are.
const requirements = 24

// TestRequirements keeps docs/requirements.md true: it lists every requirement with tests that exist, and every test that is named after a
// requirement.
func TestRequirements(t *testing.T) {
	text, err := os.ReadFile("docs/requirements.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][]string{} // id -> tests
	for _, row := range requirementRow.FindAllStringSubmatch(string(text), -1) {
		for _, test := range requirementShown.FindAllStringSubmatch(row[2], -1) {
			folder, name := test[1], test[2]
			listed[row[1]] = append(listed[row[1]], folder+"."+name)
			if !slices.Contains(testsOf(t, folder), name) {
				t.Errorf("%s: there is no %s in %s", row[1], name, folder)
			}
		}
	}
	for i := 1; i <= requirements; i++ {
		if id := fmt.Sprintf("R-%02d", i); len(listed[id]) == 0 {
			t.Errorf("%s is not listed with a test", id)
		}
	}
	err = filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); name != "." && strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		folder := filepath.ToSlash(path)
		for _, name := range testsOf(t, folder) {
			if match := requirementName.FindStringSubmatch(name); match != nil && !slices.Contains(listed["R-"+match[1]], folder+"."+name) {
				t.Errorf("%s.%s is not listed in docs/requirements.md with R-%s", folder, name, match[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testsOf returns the names of the tests, fuzz targets and benchmarks in a folder.
func testsOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil {
				names = append(names, function.Name.Name)
			}
		}
	}
	return names
}
