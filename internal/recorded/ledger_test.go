package recorded

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLedger(t *testing.T) {
	ledger := newLedger([]Deviation{
		{IDs: []string{"differs", "later", "gone"}, Decision: "refuse", Title: "one"},
		{IDs: []string{"family-*"}, Decision: "allow", Title: "all"},
		{Elsewhere: []string{"far-*", "pl?in"}, Decision: "allow", Title: "away"},
	})
	recordedAs := func(id string, allowed bool) *Case {
		return &Case{ID: id, Review: json.RawMessage(`{"request":{"object":{}}}`), Expect: Expect{Allowed: allowed}}
	}
	for _, test := range []struct {
		name    string
		c       *Case
		allowed bool
		excused bool
		problem string
	}{
		{"agrees", recordedAs("plain", true), true, false, ""},
		{"differs unlisted", recordedAs("other", true), false, false, "refused, recorded: allowed"},
		{"differs as listed", recordedAs("differs", true), false, true, ""},
		{"differs in another way than listed", recordedAs("family-a", true), false, false, `(all) announces "allow", but: refused`},
		{"differs as a pattern lists", recordedAs("family-b", false), true, true, ""},
		{"agrees though a pattern lists it", recordedAs("family-c", true), true, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			deviation, problem := ledger.Settle(test.c, Answer{Allowed: test.allowed})
			if (deviation != nil) != test.excused || (problem == "") != (test.problem == "") || !strings.Contains(problem, test.problem) {
				t.Errorf("got %v and %q", deviation, problem)
			}
		})
	}
	ledger.NotRun(recordedAs("later", true))
	want := []string{`"gone" (one) lists no case`, `"family-*" (all) lists cases that agree: family-c`,
		`"pl?in" (away) is not only elsewhere, move it to ids: plain`}
	if diff := cmp.Diff(want, ledger.Stale()); diff != "" {
		t.Errorf("stale entries (-want +got):\n%s", diff)
	}
}
