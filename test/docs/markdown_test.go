package docs

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// block is a fenced or indented block of a document.
type block struct {
	fenced   bool
	language string // of a fenced block; "" otherwise
	line     int    // of its first line of text, from 1
	lines    []string
	// needs is the last <!-- run: ... --> above the block, and anew whether the block is the first below it.
	needs string
	anew  bool
}

const needsBegins, needsEnds = "<!-- run: ", " -->"

// blocks finds the blocks of a document.
func blocks(text string) (found []block) {
	needs, anew := "files", true
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if said, is := strings.CutPrefix(line, needsBegins); is {
			needs, anew = strings.TrimSuffix(said, needsEnds), true
			continue
		}
		if !strings.HasPrefix(line, "```") && !strings.HasPrefix(line, "    ") {
			continue
		}
		b := block{needs: needs}
		if language, fenced := strings.CutPrefix(line, "```"); fenced {
			b.fenced, b.language, b.line = true, language, i+2
			for i++; i < len(lines) && lines[i] != "```"; i++ {
				b.lines = append(b.lines, lines[i])
			}
		} else {
			b.line = i + 1
			for ; i < len(lines) && strings.HasPrefix(lines[i], "    "); i++ {
				b.lines = append(b.lines, lines[i][len("    "):])
			}
		}
		if b.language == "console" {
			b.anew, anew = anew, false
		}
		found = append(found, b)
	}
	return found
}

// command is one command of a console block.
type command struct {
	text   string // the lines behind the prompt
	line   int    // the line of the document below it, where its output begins, from 1
	output []string
}

// commands takes a console block apart.
func (b block) commands() (found []command) {
	for i := 0; i < len(b.lines); i++ {
		text, is := strings.CutPrefix(b.lines[i], "$ ")
		if !is {
			if len(found) > 0 {
				last := &found[len(found)-1]
				last.output = append(last.output, b.lines[i])
			}
			continue
		}
		for strings.HasSuffix(b.lines[i], `\`) && i+1 < len(b.lines) {
			i++
			text += "\n" + b.lines[i]
		}
		found = append(found, command{text: text, line: b.line + i + 1})
	}
	return found
}

func TestBlocks(t *testing.T) {
	const text = "# Title\n\n```console\n$ a\n```\n<!-- run: bare -->\n\n    indented\n    twice\n\n```console\n$ b \\\n  --flag\nsays\nmore\n$ c\n```\n```yaml\n# x.yaml\n```\n"
	got := blocks(text)
	var languages []string
	for _, b := range got {
		languages = append(languages, b.needs+" "+b.language)
	}
	if diff := cmp.Diff([]string{"files console", "bare ", "bare console", "bare yaml"}, languages); diff != "" {
		t.Fatal(diff)
	}
	if !got[0].anew || !got[2].anew || got[3].anew {
		t.Error("the first block below a comment needs a new cluster, and no other")
	}
	want := []command{{text: "b \\\n  --flag", line: 14, output: []string{"says", "more"}}, {text: "c", line: 17}}
	if diff := cmp.Diff(want, got[2].commands(), cmp.AllowUnexported(command{})); diff != "" {
		t.Error(diff)
	}
	if lines := strings.Split(text, "\n"); lines[want[0].line-1] != "says" {
		t.Errorf("line %d is %q", want[0].line, lines[want[0].line-1])
	}
	if !slices.Equal(got[1].lines, []string{"indented", "twice"}) {
		t.Errorf("indented: %q", got[1].lines)
	}
}
