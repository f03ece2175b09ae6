package bench

import (
	"strings"
	"testing"
)

func TestAccounted(t *testing.T) {
	const head = "File: server\nType: cpu\nActive filters:\n   focus=x\nShowing nodes accounting for 0.45s, 12.50% of 3.60s total\n      flat  flat%\n"
	if got, err := accounted(head); err != nil || got != 0.125 {
		t.Errorf("got %v, %v; want 0.125", got, err)
	}
	if _, err := accounted("no matches found for regexp: x"); err == nil {
		t.Error("a list without a share: no error")
	}
}

// TestProfileTable: every area has a row, and their figures add up to what all of it costs.
func TestProfileTable(t *testing.T) {
	profile := &Profile{Variant: variant("floor", 0, pod3KB, false), CPU: 80, Shares: make([]float64, len(areas)+1)}
	for i := range profile.Shares {
		profile.Shares[i] = 1 / float64(len(profile.Shares))
	}
	table := ProfileTable([]*Profile{profile})
	for _, a := range areas {
		if !strings.Contains(table, "| "+a.name+" | 10.0 |") {
			t.Errorf("no row of %q in\n%s", a.name, table)
		}
	}
	if !strings.Contains(table, "| the rest | 10.0 |") || !strings.HasSuffix(table, "| all | 80.0 |\n") {
		t.Errorf("rest and sum are not in\n%s", table)
	}
}
