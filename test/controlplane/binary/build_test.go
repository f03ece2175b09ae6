package binary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// newModule writes a module like test/ whose program is a small one.
func newModule(t *testing.T, program string) string {
	t.Helper()
	module := t.TempDir()
	write(t, filepath.Join(module, "go.mod"), "module example.com/test\n\ngo 1.26.0\n\nrequire k8s.io/kubernetes v1.36.3\n")
	write(t, filepath.Join(module, "go.sum"), "")
	write(t, filepath.Join(module, "cmd", "controlplane", "main.go"), program)
	return module
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

const hello = "package main\n\nfunc main() { println(\"hello\") }\n"

func TestBuildRunsOnceForCallersAtTheSameTime(t *testing.T) {
	module := newModule(t, hello)
	const callers = 3
	var progress [callers]bytes.Buffer
	var paths [callers]string
	var builds sync.WaitGroup
	for i := range callers {
		builds.Go(func() {
			var err error
			if paths[i], err = build(t.Context(), module, &progress[i]); err != nil {
				t.Error(err)
			}
		})
	}
	builds.Wait()
	built := 0
	for i := range callers {
		if paths[i] != paths[0] {
			t.Errorf("caller %d got %s, caller 0 got %s", i, paths[i], paths[0])
		}
		built += strings.Count(progress[i].String(), "built the control plane")
	}
	if built != 1 {
		t.Errorf("%d builds, want 1", built)
	}
	if output, err := exec.Command(paths[0]).CombinedOutput(); err != nil || string(output) != "hello\n" {
		t.Errorf("the binary says %q, %v", output, err)
	}
	if entries, _ := os.ReadDir(filepath.Join(module, ".cache")); len(entries) != 2 {
		t.Errorf("cache holds %v, want the lock and the binary", entries)
	}
}

func TestBuildShowsTheErrorsOfTheCompiler(t *testing.T) {
	module := newModule(t, "package main\n\nfunc main() { undefinedName() }\n")
	_, err := build(t.Context(), module, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "undefined: undefinedName") {
		t.Errorf("got %v, want what the compiler says", err)
	}
}

func TestBuildForgetsWhatNobodyUses(t *testing.T) {
	module := newModule(t, hello)
	stale, fresh := filepath.Join(module, ".cache", "controlplane-stale"), filepath.Join(module, ".cache", "controlplane-fresh")
	write(t, stale, "")
	write(t, fresh, "")
	old := time.Now().Add(-72 * time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := build(t.Context(), module, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("unused for three days: got %v, want that it is gone", err)
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("used today:", err)
	}
}

func TestRecipeKey(t *testing.T) {
	key := func(module string) string {
		t.Helper()
		recipe, err := newRecipe(t.Context(), module)
		if err != nil {
			t.Fatal(err)
		}
		return recipe.key
	}
	module := newModule(t, hello)
	before := key(module)
	if other := newModule(t, hello); key(other) != before {
		t.Error("the same sources in another folder have another key")
	}
	write(t, filepath.Join(module, "README.md"), "not a source")
	if key(module) != before {
		t.Error("a file that is no source changes the key")
	}
	for _, source := range []string{"go.mod", "go.sum", "cmd/controlplane/main.go", "cmd/controlplane/more.go"} {
		path := filepath.Join(module, source)
		content, _ := os.ReadFile(path) // more.go does not exist yet
		write(t, path, string(content)+"\n")
		after := key(module)
		if after == before {
			t.Errorf("a change of %s keeps the key", source)
		}
		before = after
	}
}

func TestRecipeWithoutKubernetes(t *testing.T) {
	module := newModule(t, hello)
	write(t, filepath.Join(module, "go.mod"), "module example.com/test\n")
	if _, err := newRecipe(t.Context(), module); err == nil || !strings.Contains(err.Error(), "does not require k8s.io/kubernetes") {
		t.Errorf("got %v", err)
	}
}

func TestLockWaitsForItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	waiting := &signalWriter{written: make(chan struct{})}
	second := make(chan error, 1)
	go func() {
		unlock, err := Lock(t.Context(), path, waiting)
		if err == nil {
			unlock()
		}
		second <- err
	}()
	<-waiting.written
	select {
	case err := <-second:
		t.Fatal("the second did not wait:", err)
	default:
	}
	unlock()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

func TestLockEndsWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := Lock(t.Context(), path, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Lock(ctx, path, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
}

// signalWriter tells when it is first written to.
type signalWriter struct {
	once    sync.Once
	written chan struct{}
}

func (w *signalWriter) Write(output []byte) (int, error) {
	w.once.Do(func() { close(w.written) })
	return len(output), nil
}

func TestPackageCounter(t *testing.T) {
	counter := &packageCounter{}
	for _, piece := range []string{
		"go: downloading k8s.io/api v0.36.3\n", "internal/gober", "rs\nk8s.io/api/core/v1\n",
		"# example.com/test\nmain.go:3:1: undefined: x\nunfinished line",
	} {
		fmt.Fprint(counter, piece)
	}
	if counter.count() != 2 || counter.last() != "k8s.io/api/core/v1" {
		t.Errorf("got %d packages, last %s", counter.count(), counter.last())
	}
	const want = "# example.com/test\nmain.go:3:1: undefined: x\nunfinished line"
	if got := counter.problems().Error(); got != want {
		t.Errorf("problems: got %q, want %q", got, want)
	}
}
