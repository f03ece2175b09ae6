package yamlpatch

import (
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/linediff"
)

// style is how a document is indented.
type style struct {
	indent int
	// compact says that the dash of a list stands under the first letter of its key.
	compact bool
}

// styleOf takes the style from the first places that show it; elsewhere the document may differ from itself.
func styleOf(root *yamlv3.Node) style {
	found := style{indent: 2}
	sawIndent, sawList := false, false
	var walk func(node *yamlv3.Node)
	walk = func(node *yamlv3.Node) {
		if node.Kind == yamlv3.MappingNode {
			for i := 0; i+1 < len(node.Content); i += 2 {
				key, value := node.Content[i], node.Content[i+1]
				inBlock := value.Line > key.Line && value.Style&yamlv3.FlowStyle == 0
				switch {
				case inBlock && value.Kind == yamlv3.MappingNode && !sawIndent && value.Column > key.Column && value.Column-key.Column <= 8:
					sawIndent, found.indent = true, value.Column-key.Column
				case inBlock && value.Kind == yamlv3.SequenceNode && !sawList:
					sawList, found.compact = true, value.Column == key.Column
				}
			}
		}
		for _, child := range node.Content {
			walk(child)
		}
	}
	walk(root)
	return found
}

// keepLayout makes in document the changes that lead from before to after, where before is the document in another layout. ok is
// false when a change begins or ends in lines that look different there.
func keepLayout(document, before, after []byte) (merged []byte, ok bool) {
	original, from, to := linediff.Lines(string(document)), linediff.Lines(string(before)), linediff.Lines(string(after))
	if len(original) > 0 && !strings.HasSuffix(original[len(original)-1], "\n") {
		original[len(original)-1] += "\n"
	}
	layout := linediff.Changes(withoutSpacing(from), withoutSpacing(original))
	var text strings.Builder
	done := 0
	for _, change := range linediff.Changes(from, to) {
		// Blank lines in front of what is replaced or removed stay, and so do those behind it. What is added goes right behind
		// the line that it follows.
		start, known := place(layout, change.From.Start, !change.From.Empty())
		end, alsoKnown := place(layout, change.From.End, false)
		if !known || !alsoKnown || start < done || end < start {
			return nil, false
		}
		text.WriteString(strings.Join(original[done:start], ""))
		text.WriteString(strings.Join(to[change.To.Start:change.To.End], ""))
		done = end
	}
	text.WriteString(strings.Join(original[done:], ""))
	return []byte(text.String()), true
}

// withoutSpacing gives lines in which blanks count at the beginning only, so that lines which differ in others are known as the same.
func withoutSpacing(lines []string) []string {
	bare := make([]string, len(lines))
	for i, line := range lines {
		words := strings.TrimLeft(line, " ")
		bare[i] = line[:len(line)-len(words)] + strings.Join(strings.Fields(words), " ")
	}
	return bare
}

// place says which line of the document is the line at of the other layout; changes lead from that to the document. Where the document has
// additional lines just there, behind chooses the line after them.
func place(changes []linediff.Change, at int, behind bool) (line int, ok bool) {
	shift := 0
	for _, change := range changes {
		switch {
		case at < change.From.Start:
			return at + shift, true
		case at == change.From.Start && (!behind || !change.From.Empty()):
			return change.To.Start, true
		case at < change.From.End:
			return 0, false
		case at == change.From.End && at > change.From.Start:
			return change.To.End, true
		}
		shift = change.To.End - change.From.End
	}
	return at + shift, true
}
