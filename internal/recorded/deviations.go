package recorded

// The list of recorded decisions that this project decides otherwise.

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// Deviation is an entry of deviations.yaml.
type Deviation struct {
	// Set is inject or validate.
	Set string `json:"set"`
	// IDs are case ids or, with * and [...], patterns of them as package path matches them.
	IDs []string `json:"ids"`
	// Elsewhere are the same for cases that only other recordings have.
	Elsewhere []string `json:"elsewhere"`
	// Decision is what the listed cases get here: "allow" or "refuse".
	Decision string `json:"decision"`
	// Title says in a line what differs, Reason why ours is better.
	Title  string `json:"title"`
	Reason string `json:"reason"`
	// Spec says where the reason comes from; optional.
	Spec string `json:"spec"`
}

// deviationsFile is the list of this repository.
func deviationsFile() string { return filepath.Join(conformance(), "deviations.yaml") }

// readDeviations returns the whole list. An entry that lacks something, or has a malformed pattern, is an error.
func readDeviations() ([]Deviation, error) {
	file := deviationsFile()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []Deviation
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for i, d := range all {
		switch {
		case d.Set == "" || d.Title == "" || d.Reason == "" || len(d.IDs)+len(d.Elsewhere) == 0:
			return nil, fmt.Errorf("%s: entry %d (%q): set, ids or elsewhere, title and reason are required", file, i+1, d.Title)
		case d.Decision != "allow" && d.Decision != "refuse":
			return nil, fmt.Errorf("%s: entry %d (%q): decision is %q, expected what the cases get here: allow or refuse", file, i+1, d.Title, d.Decision)
		}
		for _, pattern := range d.patterns() {
			if _, err := path.Match(pattern, ""); err != nil {
				return nil, fmt.Errorf("%s: entry %d (%q): %q: %w", file, i+1, d.Title, pattern, err)
			}
		}
	}
	return all, nil
}

// lists says whether the entry lists a case.
func (d *Deviation) lists(id string) bool {
	return slices.ContainsFunc(d.patterns(), func(pattern string) bool { return matches(pattern, id) })
}

func (d *Deviation) patterns() []string { return slices.Concat(d.IDs, d.Elsewhere) }

func matches(pattern, id string) bool {
	ok, _ := path.Match(pattern, id) // readDeviations has seen that it is well formed
	return ok
}
