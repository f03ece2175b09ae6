package bench

import (
	"strings"
	"testing"
)

// TestAPIServerReport: the goal is about calls of ours at moderate load alone, and what is added is to pods for which no webhook is called.
func TestAPIServerReport(t *testing.T) {
	report := &APIServerReport{cases: []*creation{
		{name: "none", moderate: true, created: 100, seconds: 10, requests: histogram{seconds: 0.2, count: 100, first: 100}},
		{name: "noop", entry: noopEntry, moderate: true, created: 100, seconds: 10, requests: histogram{seconds: 0.3, count: 100}, calls: histogram{seconds: 0.1, count: 100, first: 50}},
		{name: "ours", entry: ourEntry, moderate: true, created: 100, seconds: 10, requests: histogram{seconds: 0.4, count: 100},
			calls: histogram{seconds: 0.2, count: 100, first: 99}, inside: histogram{seconds: 0.05, count: 100, first: 100}},
		{name: "ours", entry: ourEntry, created: 100, seconds: 1, requests: histogram{seconds: 5, count: 100}, calls: histogram{seconds: 1, count: 100},
			inside: histogram{seconds: 1, count: 100}},
	}}
	if goals := report.Goals(); len(goals) != 1 || goals[0].Value < 0.999 || goals[0].Value > 1.001 || goals[0].Met() {
		t.Errorf("goals are %+v, want 1 %%, missed", report.Goals())
	}
	table := report.Table()
	for _, row := range []string{
		"| 10 / s | none | 10 | 2.00 | – | – | – | – | – |\n",
		"| 10 / s | noop | 10 | 3.00 | 1.00 | 1.00 | 50.00 % of 100 | – | – |\n",
		"| 10 / s | ours | 10 | 4.00 | 2.00 | 2.00 | 99.00 % of 100 | 0.50 | 100.00 % |\n",
	} {
		if !strings.Contains(table, row) {
			t.Errorf("no row %q in\n%s", row, table)
		}
	}
}
