package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// TestCommands executes the commands of every document and page, and compares what they print with what it shows.
func TestCommands(t *testing.T) {
	tools := t.TempDir()
	link(t, tools, "kruise-admission", func() (string, error) { return installation.Build(t.Context()) })
	link(t, tools, "kubectl", programs.Kubectl)
	link(t, tools, "helm", programs.Helm)
	for _, document := range append(documents(t), pages(t)...) {
		if len(sessions(read(t, document))) > 0 {
			t.Run(filepath.Base(document), func(t *testing.T) {
				t.Parallel() // readers wait most of the time
				follow(t, document, tools)
			})
		}
	}
}

// link puts a program into a folder under the name by which documents call it.
func link(t *testing.T, folder, name string, program func() (string, error)) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(folder, name)); err != nil {
		t.Fatal(err)
	}
}

// follow does what a reader does who follows the document from its beginning to its end.
func follow(t *testing.T, document, tools string) {
	text := read(t, document)
	r := &reader{tools: tools, folder: t.TempDir(), home: t.TempDir()}
	for _, name := range []string{"examples", "deploy"} {
		if err := os.Symlink(filepath.Join(installation.Root(), name), filepath.Join(r.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range blocks(text) {
		if name, content, is := b.file(); is {
			if err := os.WriteFile(filepath.Join(r.folder, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	lines := strings.Split(text, "\n")
	moved := 0 // lines that updated outputs have added
	for _, session := range sessions(text) {
		t.Run(fmt.Sprintf("from line %d", session[0].line), func(t *testing.T) {
			r.begin(t, session[0].needs)
			for _, b := range session {
				for _, c := range b.commands() {
					printed := r.run(t, document, c)
					if r.installed != nil && !looks.MatchString(c.text) {
						r.settle(t)
					}
					if *update && len(c.output) > 0 && !shows(c.output, printed) {
						fresh := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
						at := c.line - 1 + moved
						lines = slices.Replace(lines, at, at+len(c.output), fresh...)
						moved += len(fresh) - len(c.output)
					}
				}
			}
		})
	}
	if fresh := strings.Join(lines, "\n"); *update && fresh != text {
		if err := os.WriteFile(filepath.Join(installation.Root(), document), []byte(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sessions are the console blocks of a document, in groups that share a cluster.
func sessions(text string) (groups [][]block) {
	for _, b := range blocks(text) {
		switch {
		case b.language != "console":
		case b.anew:
			groups = append(groups, []block{b})
		default:
			groups[len(groups)-1] = append(groups[len(groups)-1], b)
		}
	}
	return groups
}

// file returns the content of a YAML block that is a file for the commands, and its name.
func (b block) file() (name, content string, is bool) {
	if b.language != "yaml" || len(b.lines) == 0 {
		return "", "", false
	}
	name, is = strings.CutPrefix(b.lines[0], "# ")
	is = is && strings.HasSuffix(name, ".yaml") && !strings.ContainsAny(name, " /")
	return name, strings.Join(b.lines, "\n") + "\n", is
}
