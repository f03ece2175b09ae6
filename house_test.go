// Package house_test proves the rules of the house: who may import whom, and that the pure rooms are pure.
package house_test

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
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

// outside are the folders with Go files that are no rooms: what builds and tests use, and the product does not.
var outside = []string{"hack", "internal", "test"}

// pureRooms have no client, server, logger, clock or random source of their own; what they need is passed in.
var pureRooms = []string{"decision", "api", "inject", "defaults", "validate", "protection"}

// forbiddenInPureRooms are what a pure room has no business with: clients, servers, loggers, random sources, the file
// system, and template engines. An entry ending in "/" also covers everything below it.
var forbiddenInPureRooms = []string{
	"k8s.io/client-go/", "sigs.k8s.io/controller-runtime/", "k8s.io/apiserver/", "net", "net/rpc", "net/http/httptest",
	"log", "log/slog", "k8s.io/klog/", "go.uber.org/zap/", "github.com/go-logr/", "github.com/prometheus/",
	"math/rand", "math/rand/v2", "crypto/rand", "os", "os/exec", "io/ioutil", "text/template", "html/template", "syscall", "unsafe",
	"k8s.io/apimachinery/pkg/util/rand", "k8s.io/apimachinery/pkg/util/runtime", "k8s.io/apimachinery/pkg/util/wait", "k8s.io/utils/clock",
	"path/filepath", "io/fs", module + "/survive/",
}

// forbiddenUses says, for packages that a pure room may import, which of their names it must not use.
var forbiddenUses = map[string]func(name string) bool{
	// Constants of HTTP are only names.
	"net/http": func(name string) bool {
		return !strings.HasPrefix(name, "Status") && !strings.HasPrefix(name, "Method")
	},
	// What reads the wall clock or waits for it.
	"time": func(name string) bool {
		return slices.Contains([]string{"Now", "Since", "Until", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Sleep"}, name)
	},
	"k8s.io/apimachinery/pkg/apis/meta/v1": func(name string) bool { return name == "Now" || name == "NowMicro" },
}

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
	forEachFile(t, func(path, room string, file *ast.File) {
		if slices.Contains(pureRooms, room) {
			for _, problem := range impuritiesOf(file) {
				t.Errorf("%s %s", path, problem)
			}
		}
	})
}

// TestEveryFolderIsKnown: a folder that is neither a room nor outside would be looked at by no test here.
func TestEveryFolderIsKnown(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == "." {
			return err
		}
		top, _, _ := strings.Cut(filepath.ToSlash(path), "/")
		if _, room := floors[top]; room || slices.Contains(outside, top) || strings.HasPrefix(top, ".") {
			return filepath.SkipDir
		}
		if files, _ := filepath.Glob(filepath.Join(path, "*.go")); files != nil {
			t.Errorf("%s has Go files and stands on no floor", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestKubernetesIsNotLinked: the product must not link Kubernetes itself, which only the tests build.
func TestKubernetesIsNotLinked(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "k8s.io/kubernetes ") {
		t.Error("go.mod requires k8s.io/kubernetes: it belongs in test/go.mod")
	}
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
		if forbiddenUses[imported] != nil {
			names[cmp.Or(local, path.Base(imported))] = imported
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
		if forbidden := forbiddenUses[names[name.Name]]; forbidden != nil && forbidden(selector.Sel.Name) {
			problems = append(problems, "uses "+path.Base(names[name.Name])+"."+selector.Sel.Name)
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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"github.com/kruise-admission/kruise-admission/survive"
)
var _ = rand.Int
var _ = http.StatusOK
var _ = http.DefaultClient
var _ = clock.Now
var _ = clock.Second
var _ = metav1.Now
var _ metav1.Time
var _ kubernetes.Interface
var _ = survive.Try
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := impuritiesOf(file)
	slices.Sort(got)
	want := []string{"imports github.com/kruise-admission/kruise-admission/survive", "imports k8s.io/client-go/kubernetes", "imports math/rand",
		"uses http.DefaultClient", "uses time.Now", "uses v1.Now"}
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
