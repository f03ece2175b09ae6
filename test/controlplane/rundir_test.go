package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunDirsOfLivingRunsStay(t *testing.T) {
	t.Setenv("TMPDIR", shortTempDir(t))
	first, err := newRunDir()
	if err != nil {
		t.Fatal(err)
	}
	second, err := newRunDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.path); err != nil {
		t.Error("the second run removed the folder of the first:", err)
	}
	// A run that was killed: the lock is free, the folder is there.
	if err := first.lock.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := newRunDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.path); !os.IsNotExist(err) {
		t.Errorf("folder of a killed run: got %v, want that it does not exist", err)
	}
	for _, dir := range []*runDir{second, third} {
		if err := dir.remove(); err != nil {
			t.Error(err)
		}
	}
}

func TestRunDirTooDeepForASocket(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), strings.Repeat("deep/", 20)))
	if _, err := newRunDir(); err == nil || !strings.Contains(err.Error(), "set TMPDIR to a shorter one") {
		t.Errorf("got %v, want the remedy", err)
	}
}

// shortTempDir is t.TempDir without the name of the test, which is too long for the path of a Unix socket.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
