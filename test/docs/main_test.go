package docs

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

var update = flag.Bool("update", false, "rewrite the outputs in the documents that differ from what is printed now")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}

// documents are README.md and all that is in docs/, by their paths from the root.
func documents(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(installation.Root(), "docs", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatal("no documents: ", err)
	}
	names := []string{"README.md"}
	for _, path := range found {
		names = append(names, "docs/"+filepath.Base(path))
	}
	return names
}

// pages are the documents that no user reads: they execute what the others show elsewhere than in console blocks.
func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("testdata", "*.md"))
	if err != nil || len(found) == 0 {
		t.Fatal("no pages: ", err)
	}
	var names []string
	for _, path := range found {
		names = append(names, "test/docs/"+filepath.ToSlash(path))
	}
	return names
}

func read(t *testing.T, document string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(installation.Root(), filepath.FromSlash(document)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
