package linediff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnified(t *testing.T) {
	numbers := "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"
	for name, test := range map[string]struct{ a, b, want string }{
		"equal":             {numbers, numbers, ""},
		"both empty":        {"", "", ""},
		"everything new":    {"", "x\n", "--- a\n+++ b\n@@ -0,0 +1,1 @@\n+x\n"},
		"everything gone":   {"x\n", "", "--- a\n+++ b\n@@ -1,1 +0,0 @@\n-x\n"},
		"a line is added":   {"1\n2\n", "1\nx\n2\n", "--- a\n+++ b\n@@ -1,2 +1,3 @@\n 1\n+x\n 2\n"},
		"a line is changed": {"1\n2\n3\n", "1\nx\n3\n", "--- a\n+++ b\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n"},
		"the end of the line is missing": {"1\n2", "1\n2\n",
			"--- a\n+++ b\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+2\n"},
		"two changes far apart are two hunks": {numbers, strings.Replace(strings.Replace(numbers, "2\n", "", 1), "11\n", "", 1),
			"--- a\n+++ b\n@@ -1,5 +1,4 @@\n 1\n-2\n 3\n 4\n 5\n@@ -8,5 +7,4 @@\n 8\n 9\n 10\n-11\n 12\n"},
		"two changes near each other are one": {numbers, strings.Replace(strings.Replace(numbers, "2\n", "", 1), "6\n", "", 1),
			"--- a\n+++ b\n@@ -1,9 +1,7 @@\n 1\n-2\n 3\n 4\n 5\n-6\n 7\n 8\n 9\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Unified("a", "b", test.a, test.b, Colors{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestColors(t *testing.T) {
	want := "\x1b[1m--- a\x1b[0m\n\x1b[1m+++ b\x1b[0m\n\x1b[36m@@ -1,1 +1,1 @@\x1b[0m\n\x1b[31m-x\x1b[0m\n\x1b[32m+y\x1b[0m\n"
	if diff := cmp.Diff(want, Unified("a", "b", "x\n", "y\n", Terminal)); diff != "" {
		t.Error(diff)
	}
}

// A text that differs throughout costs no more than one that does not.
func TestManyChanges(t *testing.T) {
	a, b := make([]string, 100_000), make([]string, 100_000)
	for i := range a {
		a[i], b[i] = "a", "b"
	}
	want := []Change{{Range{0, len(a)}, Range{0, len(b)}}}
	if diff := cmp.Diff(want, Changes(a, b)); diff != "" {
		t.Error(diff)
	}
}

// TestManySmallChanges: a file of many manifests, to each of which something is added, shows what is added and nothing else.
func TestManySmallChanges(t *testing.T) {
	var a, b []string
	var want []Change
	for i := range 400 {
		manifest := []string{"kind: Deployment\n", fmt.Sprintf("name: %d\n", i), "spec:\n", "containers:\n", "---\n"}
		added := []string{"- sidecar\n", fmt.Sprintf("  hash: %d\n", i), "  image: sidecar\n"}
		at, to := len(a)+4, len(b)+4
		want = append(want, Change{Range{at, at}, Range{to, to + len(added)}})
		a = append(a, manifest...)
		b = append(append(append(b, manifest[:4]...), added...), manifest[4:]...)
	}
	if diff := cmp.Diff(want, Changes(a, b)); diff != "" {
		t.Error(diff)
	}
}

// TestMovedLines: anchors that cross each other do not stay together.
func TestMovedLines(t *testing.T) {
	got := anchorsOf([]string{"a", "b", "twice", "c", "d", "twice"}, []string{"twice", "c", "a", "b", "d", "new"})
	if diff := cmp.Diff([][2]int{{0, 2}, {1, 3}, {4, 4}}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzChanges: the changes, done to the first text, give the second, and what is between them is equal.
func FuzzChanges(f *testing.F) {
	f.Add("abcabba", "cbabac")
	f.Add("", "x")
	f.Add("aaaa", "aa")
	f.Fuzz(func(t *testing.T, textA, textB string) {
		a, b := strings.Split(textA, ""), strings.Split(textB, "")
		for i, pair := range piecewise(a, b) {
			if a[pair[0]] != b[pair[1]] {
				t.Errorf("pair %d: %q is not %q", i, a[pair[0]], b[pair[1]])
			}
		}
		var got []string
		at := 0
		for _, change := range Changes(a, b) {
			if change.From.Empty() && change.To.Empty() {
				t.Errorf("%v changes nothing", change)
			}
			got = append(got, a[at:change.From.Start]...)
			got = append(got, b[change.To.Start:change.To.End]...)
			at = change.From.End
		}
		got = append(got, a[at:]...)
		if diff := cmp.Diff(strings.Join(b, ""), strings.Join(got, "")); diff != "" {
			t.Error(diff)
		}
	})
}
