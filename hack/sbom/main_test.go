package main

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDescribe makes an archive of this test's own program, which is built from a module, too.
func TestDescribe(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "test_v1.2.3_linux_amd64.tar.gz")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	pack(t, archive, map[string][]byte{"LICENSE": []byte("text"), "program": program})
	if err := describe(archive); err != nil {
		t.Fatal(err)
	}
	first, err := os.ReadFile(archive + ".cdx.json")
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		BOMFormat, SpecVersion string
		Metadata               struct{ Component struct{ PURL string } }
		Components             []struct{ PURL string }
	}
	if err := json.Unmarshal(first, &bom); err != nil {
		t.Fatal(err)
	}
	if bom.BOMFormat != "CycloneDX" || bom.SpecVersion != "1.6" || bom.Metadata.Component.PURL != "pkg:golang/github.com/kruise-admission/kruise-admission/hack/sbom@v1.2.3" {
		t.Errorf("got %+v", bom)
	}
	var library, dependency bool
	for _, c := range bom.Components {
		library = library || strings.HasPrefix(c.PURL, "pkg:golang/stdlib@1.")
		dependency = dependency || strings.HasPrefix(c.PURL, "pkg:golang/github.com/CycloneDX/cyclonedx-go@v")
	}
	if !library || !dependency {
		t.Errorf("components are %v, want the standard library and what this program needs", bom.Components)
	}
	if err := describe(archive); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(archive + ".cdx.json"); err != nil || string(second) != string(first) {
		t.Errorf("the second time it differs, %v", err)
	}
}

func TestNoProgram(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "a.tar.gz")
	pack(t, archive, map[string][]byte{"LICENSE": []byte("text")})
	if err := describe(archive); err == nil || !strings.Contains(err.Error(), "no Go program") {
		t.Errorf("got %v", err)
	}
	if err := describe(archive + ".gone"); err == nil {
		t.Error("a missing archive is described")
	}
}

func pack(t *testing.T, path string, files map[string][]byte) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	archive := tar.NewWriter(zipped)
	for name, content := range files {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []func() error{archive.Close, zipped.Close, file.Close} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
}
