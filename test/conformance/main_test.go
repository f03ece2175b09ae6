package conformance

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

var (
	vectors     = flag.String("vectors", "", "`folder` of recordings to compare with; default: $"+recorded.Environment+", or testdata")
	casePattern = flag.String("case", "*", "run only cases whose id matches this `pattern` of package path")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if _, err := path.Match(*casePattern, ""); err != nil {
		fmt.Fprintf(os.Stderr, "-case: %q: %v\n", *casePattern, err)
		os.Exit(2)
	}
	code := m.Run()
	totals.print(os.Stdout)
	os.Exit(code)
}

// folder returns the folder of recordings, and whether all cases of the project's own copy run, so that entries of
// deviations.yaml that nothing needs can be told.
func folder(t *testing.T) (path string, complete bool) {
	t.Helper()
	path, own := recorded.Folder()
	if *vectors != "" {
		path, own = recorded.Find(*vectors), false
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Fatalf("%s is no folder of recordings", path)
	}
	return path, own && *casePattern == "*"
}

// read returns the selected cases of a set; none when the folder does not have it.
func read(t *testing.T, folder, set string) []*recorded.Case {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder, set)); os.IsNotExist(err) {
		t.Skipf("%s has no set %s", folder, set)
	}
	all, err := recorded.Read(folder, set)
	if err != nil {
		t.Fatal(err)
	}
	var selected []*recorded.Case
	for i := range all {
		if ok, _ := path.Match(*casePattern, all[i].ID); ok {
			selected = append(selected, &all[i])
		}
	}
	if len(selected) == 0 {
		t.Skipf("no case of the set %s matches -case %s", set, *casePattern)
	}
	return selected
}
