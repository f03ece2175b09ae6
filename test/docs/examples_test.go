package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// wrong are the examples that show a refusal.
var wrong = []string{"wrong.yaml", "cloneset-nginx-2-wrong-volume.yaml"}

// TestExamplesAreValid asks `validate` about the manifests in examples/ and in the guides: injection takes SidecarSets as they are.
func TestExamplesAreValid(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob(filepath.Join(installation.Root(), "examples", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var files []string
	for _, path := range examples {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if isOurs(string(content)) {
			files = append(files, path)
		}
	}
	for _, document := range documents(t) {
		for _, b := range blocks(read(t, document)) {
			name, content, is := b.file()
			if !is {
				continue
			}
			path := filepath.Join(folder, name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if isOurs(content) {
				files = append(files, path)
			}
		}
	}
	for _, file := range files {
		// A canary needs its base, and a SidecarSet that writes annotations a whitelist.
		validate := exec.CommandContext(t.Context(), binary, "validate", "-f", file,
			"--sidecarsets", filepath.Join(folder, "agent.yaml"), "--sidecarsets", filepath.Join(folder, "configuration.yaml"))
		output, err := validate.CombinedOutput()
		if refused := err != nil; refused != slices.Contains(wrong, filepath.Base(file)) {
			t.Errorf("%s: %v: %s", filepath.Base(file), err, output)
		}
	}
	if len(files) < 15 {
		t.Errorf("only %d examples were found", len(files))
	}
}

// isOurs tells whether a manifest holds an OpenKruise object.
func isOurs(content string) bool { return strings.Contains(content, "\napiVersion: apps.kruise.io/") }
