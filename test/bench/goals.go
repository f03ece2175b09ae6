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

// Goals judges the results of a run. A goal whose variants were not measured is left out.
func Goals(results []*Result, changes *Changes) []Goal {
	var goals []Goal
	// judge adds a goal about variants, if there are results of all.
	judge := func(text string, limit float64, unit string, value func(measured []*Result) float64, variants ...Variant) {
		var measured []*Result
		for _, v := range variants {
			for _, r := range results {
				if r.Name() == v.Name() {
					measured = append(measured, r)
				}
			}
		}
		if len(measured) == len(variants) {
			goals = append(goals, Goal{text, value(measured), limit, unit})
		}
	}
	compared := func(of []*Result) float64 { return ratio(of[0], of[1]) }
	most := setCounts[len(setCounts)-1]
	injected, notMatched := variant(ours, most, pod3KB, true), variant(ours, most, pod3KB, false)
	thousand := variant(ours, 1000, pod3KB, true)
	judge("injected by 1 of 10,000 SidecarSets, to controller-runtime that allows and does not decode the pod", 1, "", compared,
		injected, variant("allow", 0, pod3KB, false))
	judge("not matched by 10,000 SidecarSets, to the floor", 2, "", compared, notMatched, variant("floor", 0, pod3KB, false))
	judge("injected by 1 of 10,000 SidecarSets, to 1 of 10", 1.1, "", compared, injected, variant(ours, 10, pod3KB, true))
	judge("not matched by 10,000 SidecarSets, to 10", 1.1, "", compared, notMatched, variant(ours, 10, pod3KB, false))
	judge("p99 of a pod with 2,000 variables, injected", 15, "ms", func(of []*Result) float64 { return of[0].Median(Measurement.p99) },
		variant(ours, manySets, pod2000Env, true))
	judge("memory with 1,000 SidecarSets and 3 KB pods after the load", 64, "MiB", func(of []*Result) float64 { return of[0].Median(Measurement.rss) }, thousand)
	judge("10,000 SidecarSets read and compiled, CPU", 2, "s", func([]*Result) float64 { return changes.CompileSeconds })
	judge("change of one of 10,000 SidecarSets, CPU", 5, "ms", func([]*Result) float64 { return changes.ChangeMilliseconds })
	judge("start to ready with 1,000 SidecarSets", 1, "s", func(of []*Result) float64 { return of[0].ReadySeconds }, thousand)
	return goals
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
func (m Measurement) kilobytes() float64   { return m.AllocatedBytes / 1024 }
func (m Measurement) rss() float64         { return m.RSS }
