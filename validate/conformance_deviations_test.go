package validate_test

// The list of recorded decisions that this project decides otherwise.

import (
	"os"
	"path"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

// deviation is an entry of deviations.yaml.
type deviation struct {
	Set    string   `json:"set"`
	IDs    []string `json:"ids"`
	Title  string   `json:"title"`
	Reason string   `json:"reason"`
	// used remembers which ids were seen to differ.
	used map[string]bool
	// seen remembers which ids were run at all.
	seen map[string]bool
}

type deviationList []*deviation

func readDeviations(t *testing.T, file string) deviationList {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all, list deviationList
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, d := range all {
		if d.Title == "" || d.Reason == "" {
			t.Errorf("%s: entry %v lacks title or reason", file, d.IDs)
		}
		if d.Set == "validate" {
			d.used, d.seen = map[string]bool{}, map[string]bool{}
			list = append(list, d)
		}
	}
	return list
}

// match returns the entry that lists a case, and remembers whether the case differs.
func (l deviationList) match(id string, differs bool) *deviation {
	for _, d := range l {
		for _, pattern := range d.IDs {
			if ok, _ := path.Match(pattern, id); ok {
				d.seen[pattern] = true
				if differs {
					d.used[pattern] = true
				}
				return d
			}
		}
	}
	return nil
}

// isPattern reports whether a case is listed only through a pattern.
func (d *deviation) isPattern(id string) bool { return !slices.Contains(d.IDs, id) }

// reportUnused fails for patterns none of whose cases differ.
func (l deviationList) reportUnused(t *testing.T) {
	t.Helper()
	for _, d := range l {
		for _, pattern := range d.IDs {
			if d.seen[pattern] && !d.used[pattern] {
				t.Errorf("deviations.yaml lists %q (%s), but nothing differs", pattern, d.Title)
			}
		}
	}
}
