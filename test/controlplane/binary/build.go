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
	"runtime"
	"strings"
	"time"
)

// progressEvery is the pause between two lines of progress.
const progressEvery = 5 * time.Second

// Build returns the path of the control plane binary, building it when the cache does not have it: about five minutes
// on two cores with an empty Go build cache, half a minute to link when everything is compiled. While it builds it
// writes a line to progress every few seconds. It may be called at the same time by any number of processes.
func Build(ctx context.Context, progress io.Writer) (string, error) {
	module, err := moduleDir()
	if err != nil {
		return "", err
	}
	return build(ctx, module, progress)
}

// build does it for the module in that folder.
func build(ctx context.Context, module string, progress io.Writer) (string, error) {
	recipe, err := newRecipe(ctx, module)
	if err != nil {
		return "", err
	}
	cache := filepath.Join(module, ".cache")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("cache of the control plane binary: %w", err)
	}
	path := filepath.Join(cache, "controlplane-"+recipe.key)
	if used(path) {
		return path, nil
	}
	unlock, err := Lock(ctx, filepath.Join(cache, "lock"), progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if used(path) { // the former holder of the lock built it
		return path, nil
	}
	if err := compile(ctx, recipe, path, progress); err != nil {
		return "", err
	}
	forgetOld(cache)
	return path, nil
}

// moduleDir finds the folder of the test module: the binary is built from sources, so they must be there.
func moduleDir() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return "", fmt.Errorf("sources of the control plane not found (build this program in its repository, without -trimpath): %w", err)
	}
	return dir, nil
}

// compile runs "go build" into a file beside path and moves it there when it is complete.
func compile(ctx context.Context, recipe recipe, path string, progress io.Writer) error {
	fmt.Fprintf(progress, "building kube-apiserver, kube-controller-manager and etcd (Kubernetes %s); with an empty Go build cache this takes some minutes\n",
		recipe.kubernetes)
	began := time.Now()
	partial := path + ".partial"
	args := append([]string{"build", "-v", "-o", partial}, recipe.flags...)
	command := exec.CommandContext(ctx, "go", append(args, "./cmd/controlplane")...)
	command.Dir = recipe.module
	command.Env = append(os.Environ(), recipe.env...)
	output := &packageCounter{}
	command.Stderr = output // "go build -v" names each package that it compiles
	command.Stdout = output
	command.WaitDelay = 10 * time.Second
	if err := command.Start(); err != nil {
		return fmt.Errorf("cannot run go build: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- command.Wait() }()
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Fprintf(progress, "  %d packages compiled after %s, last %s\n", output.count(), time.Since(began).Round(time.Second), output.last())
		case err := <-done:
			if err != nil {
				return fmt.Errorf("go build of the control plane: %w", errors.Join(ctx.Err(), err, output.problems()))
			}
			if err := os.Rename(partial, path); err != nil {
				return fmt.Errorf("cache of the control plane binary: %w", err)
			}
			fmt.Fprintf(progress, "built the control plane in %s: %s\n", time.Since(began).Round(time.Second), path)
			return nil
		}
	}
}

// used reports whether path exists, and marks it as used now.
func used(path string) bool {
	now := time.Now()
	return os.Chtimes(path, now, now) == nil
}

// forgetOld removes binaries that nobody used for two days: each has more than a hundred megabytes.
func forgetOld(cache string) {
	names, _ := filepath.Glob(filepath.Join(cache, "controlplane-*")) // the pattern is well formed
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && time.Since(info.ModTime()) > 48*time.Hour {
			_ = os.Remove(name) // another process may have been faster
		}
	}
}

// goEnv asks the go command for settings, one value a line.
func goEnv(ctx context.Context, dir string, names ...string) ([]string, error) {
	var stderr bytes.Buffer
	command := exec.CommandContext(ctx, "go", append([]string{"env"}, names...)...)
	command.Dir = dir
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return strings.Split(strings.TrimSpace(string(output)), "\n"), nil
}
