package sourcedoc

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const source = `package example

import "example.com/foreign"

// Annotations.
const (
	// HashAnnotation holds
	// the hash; see [Hash].
	HashAnnotation = "example.com/hash"
	Plain          = "example.com/plain"
)

// Kept are two, the [Plain] one first.
var Kept = []string{"a", "b"}

// Number is no string.
const Number = 1

// Gate turns on.
const Gate foreign.Feature = "Gate"

func use() { _ = "inline" }

// File is read.
type File struct {
	foreign.Embedded
	// Rules of the file.
	// +required
	Rules []Rule ` + "`json:\"rules\"`" + `
	// Some other, for [HashAnnotation].
	Other *foreign.Duration ` + "`json:\"other\"`" + `
}

type Rule struct {
	// Mode of the rule.
	// +default="Enforce"
	Mode Mode ` + "`json:\"mode\"`" + `
}
`

func read(t *testing.T) *Source {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"a.go": source, "a_test.go": "broken", "zz_generated.go": "broken", "testdata/b.go": "broken"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read, err := Read(folder)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func TestDeclared(t *testing.T) {
	want := []Strings{
		{Name: "HashAnnotation", Values: []string{"example.com/hash"}, Doc: "holds the hash."},
		{Name: "Plain", Values: []string{"example.com/plain"}},
		{Name: "Kept", Values: []string{"a", "b"}, Doc: "are two, the `example.com/plain` one first."},
		{Name: "Gate", Type: "foreign.Feature", Values: []string{"Gate"}, Doc: "turns on."},
	}
	if diff := cmp.Diff(want, read(t).Declared()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLiterals(t *testing.T) {
	want := []string{"Gate", "a", "b", "example.com/hash", "example.com/plain", "inline"}
	if diff := cmp.Diff(want, read(t).Literals()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMembers(t *testing.T) {
	got, err := read(t).Members("File")
	if err != nil {
		t.Fatal(err)
	}
	want := []Member{
		{Path: "rules[]", Type: "[]Rule", Doc: "`rules` of the file.", Markers: map[string]string{"required": ""}},
		{Path: "rules[].mode", Type: "Mode", Doc: "`mode` of the rule.", Markers: map[string]string{"default": "Enforce"}},
		{Path: "other", Type: "foreign.Duration", Doc: "Some other, for `example.com/hash`.", Markers: map[string]string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := read(t).Members("Nothing"); err == nil {
		t.Error("a struct that does not exist has members")
	}
}

func TestSourcesThatCannotBeRead(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "nothing")); err == nil {
		t.Error("a folder that does not exist was read")
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.go"), []byte("package"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(folder); err == nil {
		t.Error("a broken file was read")
	}
}
