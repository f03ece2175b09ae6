package installation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kruise-admission/kruise-admission/test/controlplane/binary"
)

// Build builds the server and returns the path of the binary. The Go build cache makes it quick when nothing changed.
//
// Packages that are tested at the same time build and run the same file. The go command may write it bit by bit, and who runs it
// meanwhile gets "exec format error" or "text file busy". So it is built beside, by one process at a time, and put in place as a whole.
func Build(ctx context.Context) (string, error) {
	path := filepath.Join(Root(), "test", ".cache", "kruise-admission")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("build the server: %w", err)
	}
	unlock, err := binary.Lock(ctx, path+".lock", io.Discard)
	if err != nil {
		return "", fmt.Errorf("build the server: %w", err)
	}
	defer unlock()
	built := path + ".built"
	build := exec.CommandContext(ctx, "go", "build", "-o", built, "./cmd/kruise-admission")
	build.Dir = Root()
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the server: %w\n%s", err, output)
	}
	return path, replace(path, built)
}

// replace makes path another name of the file, in one step; nothing happens when it is one already.
func replace(path, file string) error {
	fresh, err := os.Stat(file)
	if err != nil {
		return err
	}
	if current, err := os.Stat(path); err == nil && os.SameFile(current, fresh) {
		return nil
	}
	next := path + ".next"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Link(file, next); err != nil {
		return err
	}
	return os.Rename(next, path)
}
