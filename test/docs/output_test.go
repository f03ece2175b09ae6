package docs

import (
	"regexp"
	"strings"
	"testing"
)

// anything is what a document writes for text that is different each time.
const anything = "..."

// shows tells whether a document shows what was printed. A line that is too long for a page may be broken at a space.
func shows(shown []string, printed string) bool {
	var pattern strings.Builder
	pattern.WriteString(`\A`)
	for _, line := range shown {
		if line == anything {
			pattern.WriteString(`(?:[^\n]*\n)*`)
			continue
		}
		for i, part := range strings.Split(line, anything) {
			if i > 0 {
				pattern.WriteString(`[^\n]*`)
			}
			pattern.WriteString(regexp.QuoteMeta(part))
		}
		pattern.WriteString(`(?:[ \t]*\n| )`)
	}
	pattern.WriteString(`\z`)
	return regexp.MustCompile(pattern.String()).MatchString(ended(printed))
}

// ended ends the text with a line end, unless it is empty.
func ended(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func TestShows(t *testing.T) {
	for _, tt := range []struct {
		name, shown, printed string
		want                 bool
	}{
		{"the same", "a\nb", "a\nb\n", true},
		{"without a line end", "a", "a", true},
		{"padded columns", "a b", "a b   \n", true},
		{"a line that is broken", "a b\nc", "a b c\n", true},
		{"a line that is broken within a word", "a b\nc", "a bc\n", false},
		{"another word", "a\nb", "a\nc\n", false},
		{"a line less", "a", "a\nb\n", false},
		{"a line more", "a\nb", "a\n", false},
		{"nothing", "a", "", false},
		{"part of a line", "pod-... created", "pod-x7 created\n", true},
		{"part of a line, not of the next", "pod-... created", "pod-x7\n created\n", false},
		{"part of a line, wrong rest", "pod-... created", "pod-x7 deleted\n", false},
		{"lines", "a\n...\nz", "a\nb\nc\nz\n", true},
		{"no lines", "a\n...\nz", "a\nz\n", true},
		{"lines, wrong end", "a\n...\nz", "a\nb\n", false},
		{"signs of expressions", "a.b", "axb\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := shows(strings.Split(tt.shown, "\n"), tt.printed); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
