package bench

import (
	"fmt"
	"strings"
)

// Goals judges the report.
func (r *APIServerReport) Goals() []Goal {
	var calls histogram
	for _, c := range r.cases {
		if c.moderate && c.entry == ourEntry {
			calls = calls.plus(c.calls)
		}
	}
	return []Goal{{
		fmt.Sprintf("share of webhook calls of 5 ms and more, at %d pods a second", moderateRate), 100 * (1 - calls.within()), 0, "%",
	}}
}

// Table is the report in Markdown.
func (r *APIServerReport) Table() string {
	var b strings.Builder
	b.WriteString("| load | pods | created / s | creation, ms | added, ms | webhook call, ms | calls below 5 ms | in the server, ms | below 5 ms |\n" +
		"|:--|:--|--:|--:|--:|--:|--:|--:|--:|\n")
	var without float64
	for _, c := range r.cases {
		took := c.requests.milliseconds()
		fmt.Fprintf(&b, "| %s | %s | %.0f | %.2f |", c.load(), c.name, float64(c.created)/c.seconds, took)
		if c.entry == "" {
			without = took
			b.WriteString(" – | – | – | – | – |\n")
			continue
		}
		inside := "– | –"
		if c.entry == ourEntry {
			inside = fmt.Sprintf("%.2f | %.2f %%", c.inside.milliseconds(), 100*c.inside.within())
		}
		fmt.Fprintf(&b, " %.2f | %.2f | %.2f %% of %.0f | %s |\n", took-without, c.calls.milliseconds(), 100*c.calls.within(), c.calls.count, inside)
	}
	return b.String() + "\n" + goalTable(r.Goals())
}
