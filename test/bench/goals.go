package bench

import (
	"errors"
	"fmt"
	"strings"
)

// A Goal is a bound that every release has to keep.
type Goal struct {
	// Text says what is compared.
	Text string `json:"text"`
	// Value is what was measured, Limit what it may be at most.
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
	// Unit of both; empty for a ratio.
	Unit string `json:"unit,omitempty"`
}

// Met says whether the goal is reached.
func (g Goal) Met() bool { return g.Value <= g.Limit }

// goalTable lists goals in Markdown.
func goalTable(goals []Goal) string {
	var b strings.Builder
	b.WriteString("| goal | measured | at most | |\n|:--|--:|--:|:--|\n")
	for _, goal := range goals {
		verdict := "met"
		if !goal.Met() {
			verdict = "**missed**"
		}
		fmt.Fprintf(&b, "| %s | %.2f %s | %g %s | %s |\n", goal.Text, goal.Value, goal.Unit, goal.Limit, goal.Unit, verdict)
	}
	return b.String()
}

// Missed is an error that names the goals which are not reached; nil when all are.
func Missed(goals []Goal) error {
	var err error
	for _, goal := range goals {
		if !goal.Met() {
			err = errors.Join(err, fmt.Errorf("goal missed: %s is %.2f %s, at most %g %s", goal.Text, goal.Value, goal.Unit, goal.Limit, goal.Unit))
		}
	}
	return err
}

// Goals judges the results of a run.
func Goals(results []*Result, changes *Changes) []Goal {
	find := func(server string, sets int, shape podShape, matched bool) *Result {
		for _, r := range results {
			if r.Server == server && r.SidecarSets == sets && r.Pod == shape.name && r.Matched == matched {
				return r
			}
		}
		panic(fmt.Sprintf("the plan has no variant %s", variant(server, sets, shape, matched).Name()))
	}
	most := setCounts[len(setCounts)-1]
	return []Goal{
		{"injected by 1 of 10,000 SidecarSets, to controller-runtime that allows and does not decode the pod",
			ratio(find(ours, most, pod3KB, true), find("allow", 0, pod3KB, false)), 1, ""},
		{"not matched by 10,000 SidecarSets, to the floor",
			ratio(find(ours, most, pod3KB, false), find("floor", 0, pod3KB, false)), 2, ""},
		{"injected by 1 of 10,000 SidecarSets, to 1 of 10", ratio(find(ours, most, pod3KB, true), find(ours, 10, pod3KB, true)), 1.1, ""},
		{"not matched by 10,000 SidecarSets, to 10", ratio(find(ours, most, pod3KB, false), find(ours, 10, pod3KB, false)), 1.1, ""},
		{"p99 of a pod with 2,000 variables, injected", find(ours, manySets, pod2000Env, true).Median(Measurement.p99), 15, "ms"},
		{"memory with 1,000 SidecarSets and 3 KB pods after the load", find(ours, 1000, pod3KB, true).Median(Measurement.rss), 64, "MiB"},
		{"10,000 SidecarSets read and compiled, CPU", changes.CompileSeconds, 2, "s"},
		{"change of one of 10,000 SidecarSets, CPU", changes.ChangeMilliseconds, 5, "ms"},
		{"start to ready with 1,000 SidecarSets", find(ours, 1000, pod3KB, true).ReadySeconds, 1, "s"},
	}
}

// ratio is the median over the rounds of how much CPU a costs for each that b costs.
func ratio(a, b *Result) float64 {
	ratios := make([]float64, len(a.Rounds))
	for i := range ratios {
		ratios[i] = a.Rounds[i].CPU / b.Rounds[i].CPU
	}
	return median(ratios)
}

func (m Measurement) cpu() float64         { return m.CPU }
func (m Measurement) perSecond() float64   { return m.PerSecond }
func (m Measurement) p50() float64         { return m.P50 }
func (m Measurement) p99() float64         { return m.P99 }
func (m Measurement) p999() float64        { return m.P999 }
func (m Measurement) allocations() float64 { return m.Allocations }
func (m Measurement) rss() float64         { return m.RSS }
