package installation

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReplaceLeavesRunningFilesAlone: who has the file open keeps what it opened, whatever is built later.
func TestReplaceLeavesRunningFilesAlone(t *testing.T) {
	dir := t.TempDir()
	path, built := filepath.Join(dir, "server"), filepath.Join(dir, "server.built")
	put := func(content string) {
		t.Helper()
		if err := os.Remove(built); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.WriteFile(built, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := replace(path, built); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Errorf("got %q, %v, want %q", got, err, content)
		}
	}
	put("first")
	running, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Close() }()
	if err := replace(path, built); err != nil {
		t.Errorf("once more: %v", err)
	}
	put("second")
	old := make([]byte, len("first"))
	if _, err := running.Read(old); err != nil || string(old) != "first" {
		t.Errorf("what was opened has become %q, %v", old, err)
	}
}
