package recorded

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/compatibility.md")

// TestCompatibility keeps docs/compatibility.md equal to deviations.yaml; `make generate` rewrites it. It also checks that no case is listed
// twice. Whether the listed cases exist and differ is for test/conformance, which runs them.
func TestCompatibility(t *testing.T) {
	deviations, err := readDeviations()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("# Compatibility with OpenKruise\n\n" +
		"Generated from test/conformance/deviations.yaml by `make generate`.\n\n" +
		"Decisions were recorded from OpenKruise v1.9 on Kubernetes 1.36, and `make test` posts every recorded request to the built server,\n" +
		"connected to a real control plane. Each answer must be the recorded one: the same verdict and, when the request is allowed, the same\n" +
		"object. The tables list all that this project decides otherwise, on purpose. Recorded requests for paths that are not in\n" +
		"[endpoints.md](endpoints.md) are not compared.\n")
	for _, set := range []struct{ name, title string }{
		{"inject", "Injecting sidecars into pods"},
		{"validate", "Defaulting, validation and delete protection"},
	} {
		cases, err := Read(OwnFolder(), set.name)
		if err != nil {
			t.Fatal(err)
		}
		listed, rows := map[string]string{}, strings.Builder{}
		for _, d := range deviations {
			if d.Set != set.name {
				continue
			}
			fmt.Fprintf(&rows, "| %s | %s | %s | %d |\n", cell(d.Title), verdicts(&d, cases), cell(d.Reason), countListed(t, &d, cases, listed))
		}
		fmt.Fprintf(&b, "\n## %s\n\n%d of %d recorded decisions:\n\n", set.title, len(listed), len(cases))
		b.WriteString("| what differs | OpenKruise → here | why | cases |\n|---|---|---|---|\n" + rows.String())
	}
	path := filepath.Join("..", "..", "docs", "compatibility.md")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what deviations.yaml says: run `make generate`", path)
	}
}

// countListed counts the cases of an entry and remembers them in listed, by the title of their entry.
func countListed(t *testing.T, d *Deviation, cases []Case, listed map[string]string) (count int) {
	t.Helper()
	for _, c := range cases {
		if !d.lists(c.ID) {
			continue
		}
		if other, twice := listed[c.ID]; twice {
			t.Errorf("deviations.yaml lists %s twice: in %q and in %q", c.ID, other, d.Title)
		}
		listed[c.ID] = d.Title
		count++
	}
	return count
}

// verdicts says what OpenKruise does with the cases of an entry, and what this project does.
func verdicts(d *Deviation, cases []Case) string {
	allows, refuses := false, false
	for _, c := range cases {
		if d.lists(c.ID) {
			allows, refuses = allows || c.Expect.Allowed, refuses || !c.Expect.Allowed
		}
	}
	switch {
	case !allows && !refuses: // in other recordings only
		return "→ " + d.Decision
	case allows && refuses:
		return "both → " + d.Decision
	case refuses && d.Decision == "allow":
		return "refuse → allow"
	case allows && d.Decision == "refuse":
		return "allow → refuse"
	}
	return "another object"
}

// cell is a text as the cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", "\\|")
}
