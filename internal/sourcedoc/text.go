package sourcedoc

import (
	"go/ast"
	"regexp"
	"strings"
)

var (
	// seeAlso is a link that ends a sentence or a clause. It leads into the code, where a reader of the reference is not.
	seeAlso = regexp.MustCompile(`[;:,]? [Ss]ee \[[^\]]*\]`)
	link    = regexp.MustCompile(`\[\*?([A-Za-z0-9_.]+)\]`)
)

// Text is the prose of a comment above something of that name, in one line without the name, and the markers, each with its value or "".
// A link [X] becomes what values has for X, else X.
func Text(name string, comment *ast.CommentGroup, values map[string]string) (text string, markers map[string]string) {
	markers = map[string]string{}
	var prose []string
	for line := range strings.Lines(comment.Text()) {
		line = strings.TrimSpace(line)
		if marker, isMarker := strings.CutPrefix(line, "+"); isMarker {
			key, value, _ := strings.Cut(marker, "=")
			markers[key] = strings.Trim(value, `"`)
			continue
		}
		if line != "" {
			prose = append(prose, line)
		}
	}
	text = seeAlso.ReplaceAllString(strings.Join(prose, " "), "")
	text = link.ReplaceAllStringFunc(text, func(found string) string {
		target := link.FindStringSubmatch(found)[1]
		if value, known := values[target]; known {
			target = value
		}
		return "`" + target + "`"
	})
	if rest, named := strings.CutPrefix(text, name); named && name != "" {
		text = strings.TrimLeft(rest, ", ")
	}
	return text, markers
}
