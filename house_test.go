// Package house_test proves the rules of the house: who may import whom, and that the pure rooms are pure.
package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/kruise-admission/kruise-admission"

// floors are the floors of docs/architecture.md. A package imports lower floors only; rooms of one floor do not import
// each other.
var floors = map[string]int{
	"survive":  0,
	"decision": 1, "api": 1, "certs": 1,
	"inject": 2, "defaults": 2, "validate": 2, "protection": 2, "cluster": 2,
	"webhook": 3,
	"cmd":     4,
}

// pureRooms have no client, server, logger, clock or random source of their own; what they need is passed in.
var pureRooms = []string{"decision", "api", "inject", "defaults", "validate", "protection"}

// forbiddenInPureRooms are what a pure room has no business with: clients, servers, loggers, random sources, the file
// system, and template engines. An entry ending in "/" also covers everything below it.
var forbiddenInPureRooms = []string{
	"k8s.io/client-go/", "sigs.k8s.io/controller-runtime/", "k8s.io/apiserver/", "net", "net/rpc", "net/http/httptest",
	"log", "log/slog", "k8s.io/klog/", "go.uber.org/zap/", "github.com/go-logr/", "github.com/prometheus/",
	"math/rand", "math/rand/v2", "crypto/rand", "os", "os/exec", "io/ioutil", "text/template", "html/template", "syscall", "unsafe",
	"k8s.io/apimachinery/pkg/util/rand", "k8s.io/utils/clock",
}

// allowedOfHTTP are the parts of net/http that are only names.
func allowedOfHTTP(name string) bool {
	return strings.HasPrefix(name, "Status") || strings.HasPrefix(name, "Method")
}

// clockFunctions of package time read or wait for the wall clock.
var clockFunctions = []string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}

func TestImportFloors(t *testing.T) {
	files := 0
	forEachFile(t, func(path, room string, file *ast.File) {
		files++
		for imported := range imports(file) {
			rest, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				continue
			}
			target, _, _ := strings.Cut(rest, "/")
			if _, known := floors[target]; !known {
				t.Errorf("%s imports %s, which stands on no floor", path, imported)
			} else if target != room && floors[target] >= floors[room] {
				t.Errorf("%s (floor %d) imports %s (floor %d)", path, floors[room], imported, floors[target])
			}
		}
	})
	if files == 0 {
		t.Fatal("no file was looked at")
	}
}

func TestPureRooms(t *testing.T) {
	for path, problems := range impurities(t) {
		for _, problem := range problems {
			t.Errorf("%s %s", path, problem)
		}
	}
}

func impurities(t *testing.T) map[string][]string {
	found := map[string][]string{}
	forEachFile(t, func(path, room string, file *ast.File) {
		if slices.Contains(pureRooms, room) {
			if problems := impuritiesOf(file); problems != nil {
				found[path] = problems
			}
		}
	})
	return found
}

func impuritiesOf(file *ast.File) []string {
	var problems []string
	names := map[string]string{} // local name -> path, for the packages whose use is looked at
	for imported, local := range imports(file) {
		for _, forbidden := range forbiddenInPureRooms {
			tree, isTree := strings.CutSuffix(forbidden, "/")
			if imported == tree || isTree && strings.HasPrefix(imported, forbidden) {
				problems = append(problems, "imports "+imported)
			}
		}
		if imported == "time" || imported == "net/http" {
			if local == "" {
				local = filepath.Base(imported)
			}
			names[local] = imported
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch names[name.Name] {
		case "time":
			if slices.Contains(clockFunctions, selector.Sel.Name) {
				problems = append(problems, "uses time."+selector.Sel.Name)
			}
		case "net/http":
			if !allowedOfHTTP(selector.Sel.Name) {
				problems = append(problems, "uses http."+selector.Sel.Name)
			}
		}
		return true
	})
	return problems
}

// TestThePurityTestCanFail runs the check on a file that breaks it.
func TestThePurityTestCanFail(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
import (
	"math/rand"
	"net/http"
	clock "time"
	"k8s.io/client-go/kubernetes"
)
var _ = rand.Int
var _ = http.StatusOK
var _ = http.DefaultClient
var _ = clock.Now
var _ kubernetes.Interface
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := impuritiesOf(file)
	slices.Sort(got)
	want := []string{"imports k8s.io/client-go/kubernetes", "imports math/rand", "uses http.DefaultClient", "uses time.Now"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// forEachFile visits every Go file of the root module that is not a test.
func forEachFile(t *testing.T, visit func(path, room string, file *ast.File)) {
	t.Helper()
	for room := range floors {
		err := filepath.WalkDir(room, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			visit(path, room, file)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// imports maps the paths that a file imports to the names it gives them, "" for the default.
func imports(file *ast.File) map[string]string {
	result := map[string]string{}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it
		}
		result[path] = ""
		if spec.Name != nil {
			result[path] = spec.Name.Name
		}
	}
	return result
}
