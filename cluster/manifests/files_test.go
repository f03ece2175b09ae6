package manifests

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// write makes files below folder; a name may contain folders.
func write(t *testing.T, folder string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func TestReadFiles(t *testing.T) {
	tests := []struct {
		name  string
		setup func(t *testing.T)
		paths []string
		want  []string
		err   string
	}{
		{
			name: "folder: by extension, sorted, neither hidden nor nested",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"m/b.yaml": "", "m/a.yml": "", "m/c.json": "", "m/README.md": "", "m/.hidden.yaml": "", "m/sub/d.yaml": ""})
				if err := os.Mkdir("m/folder.yaml", 0o755); err != nil {
					t.Fatal(err)
				}
			},
			paths: []string{"m/"},
			want:  []string{"m/a.yml", "m/b.yaml", "m/c.json"},
		},
		{
			name:  "empty folder",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"m/notes.txt": ""}) },
			paths: []string{"m"},
		},
		{
			name:  "named file of any extension",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"sets.txt": ""}) },
			paths: []string{"./sets.txt"},
			want:  []string{"sets.txt"},
		},
		{
			name:  "paths in their order, each file once",
			setup: func(t *testing.T) { write(t, ".", map[string]string{"z/1.yaml": "", "z/2.yaml": "", "a.yaml": ""}) },
			paths: []string{"z", "a.yaml", "z/2.yaml", "./a.yaml"},
			want:  []string{"z/1.yaml", "z/2.yaml", "a.yaml"},
		},
		{
			name: "links of a projected volume",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"m/..2026/sets.yaml": ""})
				link(t, "..2026", "m/..data")
				link(t, "..data/sets.yaml", "m/sets.yaml")
			},
			paths: []string{"m"},
			want:  []string{"m/sets.yaml"},
		},
		{
			name:  "paths that do not exist are all named",
			paths: []string{"nowhere", "no.yaml"},
			err: `manifests path "nowhere" does not exist: name an existing file or folder
manifests path "no.yaml" does not exist: name an existing file or folder`,
		},
		{
			name: "pipe",
			setup: func(t *testing.T) {
				if err := syscall.Mkfifo("pipe", 0o600); err != nil {
					t.Fatal(err)
				}
			},
			paths: []string{"pipe"},
			err:   `manifests path "pipe" is neither a file nor a folder: name an existing file or folder`,
		},
		{
			name: "link to nowhere in a folder",
			setup: func(t *testing.T) {
				write(t, ".", map[string]string{"m/a.yaml": ""})
				link(t, "nowhere", "m/b.yaml")
			},
			paths: []string{"m"},
			err:   "cannot read manifests: stat m/b.yaml: no such file or directory",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if test.setup != nil {
				test.setup(t)
			}
			files, err := readFiles(test.paths)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("error %v\nwant  %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range files {
				got = append(got, f.path)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	base := []file{{"a", []byte("1")}, {"b", []byte("2")}}
	same := []file{{"a", []byte("1")}, {"b", []byte("2")}}
	if fingerprint(base, nil) != fingerprint(same, nil) {
		t.Error("the same files have different fingerprints")
	}
	seen := map[string]string{fingerprint(base, nil): "base"}
	for name, other := range map[string]string{
		"other content":    fingerprint([]file{{"a", []byte("1")}, {"b", []byte("3")}}, nil),
		"other name":       fingerprint([]file{{"a", []byte("1")}, {"c", []byte("2")}}, nil),
		"other order":      fingerprint([]file{{"b", []byte("2")}, {"a", []byte("1")}}, nil),
		"moved boundary":   fingerprint([]file{{"a", []byte("1\"b\" 1\n2")}}, nil),
		"one file fewer":   fingerprint(base[:1], nil),
		"with an error":    fingerprint(base, os.ErrNotExist),
		"with another one": fingerprint(base, os.ErrPermission),
	} {
		if known, taken := seen[other]; taken {
			t.Errorf("%s has the fingerprint of %s", name, known)
		}
		seen[other] = name
	}
}

func TestLineAt(t *testing.T) {
	content := []byte(strings.Repeat("x\n", 3))
	for offset, want := range map[int]int{-1: 1, 0: 1, 1: 1, 2: 2, 5: 3, 6: 4, 99: 4} {
		if got := lineAt(content, offset); got != want {
			t.Errorf("lineAt(%d) = %d, want %d", offset, got, want)
		}
	}
}
