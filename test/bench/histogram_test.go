package bench

import "testing"

func TestReadHistogram(t *testing.T) {
	const metrics = `# TYPE calls_seconds histogram
calls_seconds_bucket{name="mpod.kb.io",operation="CREATE",le="0.005"} 7
calls_seconds_bucket{name="mpod.kb.io",operation="CREATE",le="0.025"} 9
calls_seconds_bucket{name="mpod.kb.io",operation="CREATE",le="+Inf"} 10
calls_seconds_sum{name="mpod.kb.io",operation="CREATE"} 0.05
calls_seconds_count{name="mpod.kb.io",operation="CREATE"} 10
calls_seconds_sum{name="other",operation="CREATE"} 5
calls_seconds_count{name="other",operation="CREATE"} 5
calls_seconds_others_count{name="mpod.kb.io"} 5
`
	got, err := readHistogram(metrics, "calls_seconds", `name="mpod.kb.io"`)
	if want := (histogram{seconds: 0.05, count: 10, first: 7}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if ms := got.milliseconds(); ms < 4.999 || ms > 5.001 {
		t.Errorf("mean %v ms, want 5", ms)
	}
	if got, err := readHistogram(metrics, "nothing_seconds"); err != nil || got != (histogram{}) {
		t.Errorf("a histogram that is not there: %+v, %v", got, err)
	}
	if _, err := readHistogram("calls_seconds_sum{a=\"b\"} x\n", "calls_seconds"); err == nil {
		t.Error("a value that is no number: no error")
	}
}
