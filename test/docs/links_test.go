package docs

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

var (
	linkTo  = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`^#+ (.+)$`)
	// notInAnchors are the signs of headings that the addresses that GitHub gives them do not have.
	notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// TestLinks follows every link in the documents of the repository that leads to a file of it, and to a heading in that file.
func TestLinks(t *testing.T) {
	all := append(documents(t), "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/charts/kruise-admission/README.md")
	followed := 0
	for _, document := range all {
		for _, match := range linkTo.FindAllStringSubmatch(prose(read(t, document)), -1) {
			if strings.Contains(match[1], "://") || strings.HasPrefix(match[1], "mailto:") {
				continue
			}
			followed++
			file, anchor, _ := strings.Cut(match[1], "#")
			target := document
			if file != "" {
				target = path.Join(path.Dir(document), file)
			}
			if _, err := os.Stat(filepath.Join(installation.Root(), filepath.FromSlash(target))); err != nil {
				t.Errorf("%s: %s leads nowhere", document, match[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, target)), anchor) {
				t.Errorf("%s: %s has no heading %q", document, target, anchor)
			}
		}
	}
	if followed < 50 {
		t.Errorf("only %d links were found", followed)
	}
}

// TestIndexNamesEveryDocument: what nobody links to, nobody reads.
func TestIndexNamesEveryDocument(t *testing.T) {
	index := read(t, "docs/README.md")
	for _, document := range documents(t) {
		name := path.Base(document)
		if name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
}

// prose is a document without its blocks.
func prose(text string) string {
	lines := strings.Split(text, "\n")
	for _, b := range blocks(text) {
		for i := range b.lines {
			lines[b.line-1+i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// anchors are the addresses of the headings of a document.
func anchors(text string) (found []string) {
	for line := range strings.Lines(prose(text)) {
		if match := heading.FindStringSubmatch(strings.TrimSpace(line)); match != nil {
			plain := notInAnchors.ReplaceAllString(strings.ToLower(match[1]), "")
			found = append(found, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return found
}

func TestAnchors(t *testing.T) {
	got := anchors("# In place of OpenKruise's webhooks\n```\n# no heading\n```\n## KruiseAdmissionDown\n### Why `--this`, not that?\n")
	want := []string{"in-place-of-openkruises-webhooks", "kruiseadmissiondown", "why---this-not-that"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
