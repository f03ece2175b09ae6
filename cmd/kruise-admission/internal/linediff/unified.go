package linediff

import (
	"fmt"
	"strings"
)

// context is how many equal lines are shown around a change, as diff -u does.
const context = 3

// Colors of a terminal; the zero value has none.
type Colors struct{ header, position, removed, added, reset string }

// Terminal are the colours that git uses.
var Terminal = Colors{header: "\x1b[1m", position: "\x1b[36m", removed: "\x1b[31m", added: "\x1b[32m", reset: "\x1b[0m"}

func (c Colors) line(b *strings.Builder, color, text string) {
	text, ends := strings.CutSuffix(text, "\n")
	b.WriteString(color + text)
	if color != "" {
		b.WriteString(c.reset)
	}
	b.WriteByte('\n')
	if !ends {
		b.WriteString("\\ No newline at end of file\n")
	}
}

// Unified writes what leads from text a to text b as a unified diff, under the two names. It is empty when they are equal.
func Unified(nameA, nameB, textA, textB string, colors Colors) string {
	a, b := Lines(textA), Lines(textB)
	changes := Changes(a, b)
	if len(changes) == 0 {
		return ""
	}
	var out strings.Builder
	colors.line(&out, colors.header, "--- "+nameA+"\n")
	colors.line(&out, colors.header, "+++ "+nameB+"\n")
	for len(changes) > 0 {
		n := 1
		for n < len(changes) && changes[n].From.Start-changes[n-1].From.End <= 2*context {
			n++
		}
		writeHunk(&out, a, b, changes[:n], colors)
		changes = changes[n:]
	}
	return out.String()
}

// writeHunk writes changes that are near to each other.
func writeHunk(out *strings.Builder, a, b []string, changes []Change, colors Colors) {
	first, last := changes[0], changes[len(changes)-1]
	lead := min(context, first.From.Start)
	trail := min(context, len(a)-last.From.End)
	from := Range{first.From.Start - lead, last.From.End + trail}
	to := Range{first.To.Start - lead, last.To.End + trail}
	colors.line(out, colors.position, fmt.Sprintf("@@ -%s +%s @@\n", from, to))
	at := from.Start
	for _, change := range changes {
		for ; at < change.From.Start; at++ {
			colors.line(out, "", " "+a[at])
		}
		for ; at < change.From.End; at++ {
			colors.line(out, colors.removed, "-"+a[at])
		}
		for _, line := range b[change.To.Start:change.To.End] {
			colors.line(out, colors.added, "+"+line)
		}
	}
	for ; at < from.End; at++ {
		colors.line(out, "", " "+a[at])
	}
}

// String is r as in the head of a hunk, where lines count from 1, and an empty range is named by the line before it.
func (r Range) String() string {
	start := r.Start + 1
	if r.Empty() {
		start--
	}
	return fmt.Sprintf("%d,%d", start, r.End-r.Start)
}

// Lines cuts a text into lines, which keep their ends.
func Lines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, line)
	}
	return lines
}
