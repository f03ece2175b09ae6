package bench

import (
	"regexp"
	"strings"
	"testing"
)

// TestGoals: a whole run judges every goal by the variants that it is about; one of some variants those that it can.
func TestGoals(t *testing.T) {
	run := func(only string) (results []*Result) {
		options := Options{}
		if only != "" {
			options.Only = regexp.MustCompile(only)
		}
		for _, v := range options.plan() {
			cpu := map[string]float64{"floor": 10, "allow": 50, ours: 30}[v.Server]
			if v.SidecarSets == 10000 {
				cpu = 40
			}
			results = append(results, &Result{Variant: v, ReadySeconds: 2, Rounds: []Measurement{{CPU: cpu, P99: 16, RSS: 60}}})
		}
		return results
	}
	values := map[string]float64{}
	goals := Goals(run(""), &Changes{CompileSeconds: 1, ChangeMilliseconds: 3})
	for _, goal := range goals {
		values[goal.Text] = goal.Value
	}
	for text, want := range map[string]float64{
		"injected by 1 of 10,000 SidecarSets, to controller-runtime that allows and does not decode the pod": 0.8,
		"not matched by 10,000 SidecarSets, to the floor":                                                    4,
		"not matched by 10,000 SidecarSets, to 10":                                                           40.0 / 30,
		"p99 of a pod with 2,000 variables, injected":                                                        16,
		"memory with 1,000 SidecarSets and 3 KB pods after the load":                                         60,
		"10,000 SidecarSets read and compiled, CPU":                                                          1,
		"change of one of 10,000 SidecarSets, CPU":                                                           3,
		"start to ready with 1,000 SidecarSets":                                                              2,
	} {
		if got, judged := values[text]; !judged || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, judged, want)
		}
	}
	err := Missed(goals)
	if err == nil || strings.Count(err.Error(), "goal missed") != 5 || strings.Contains(err.Error(), "memory") {
		t.Errorf("missed goals are %v, want five, and not that of memory", err)
	}
	some := run("^ours, 10000 sets, 3 KB")
	if len(some) != 3 { // with their floor
		t.Errorf("%d variants were chosen", len(some))
	}
	if judged := Goals(some, &Changes{}); len(judged) != 3 {
		t.Errorf("of some variants %d goals were judged, want 3: %v", len(judged), judged)
	}
}
