package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// Report is a run that can be kept and compared with.
type Report struct {
	// Connections that called at once.
	Connections int       `json:"connections"`
	Results     []*Result `json:"results"`
	Changes     *Changes  `json:"changes"`
	Goals       []Goal    `json:"goals"`
}

// floorOf is the floor for the same pod.
func (r *Report) floorOf(v Variant) *Result {
	for _, candidate := range r.Results {
		if candidate.Server == Baselines[0] && candidate.Pod == v.Pod {
			return candidate
		}
	}
	return nil
}

// Table is the report in Markdown.
func (r *Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d connections; medians of %d rounds.\n\n", r.Connections, len(r.Results[0].Rounds))
	b.WriteString("| server | µs CPU / review | × floor | reviews/s | p50 ms | p99 ms | p99.9 ms | allocations | of KiB | RSS MiB |\n")
	b.WriteString("|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, result := range r.Results {
		fmt.Fprintf(&b, "| %s | %.1f | %.2f | %.0f | %.2f | %.2f | %.2f | %.0f | %.1f | %.0f |\n", result.Name(), result.Median(Measurement.cpu),
			ratio(result, r.floorOf(result.Variant)), result.Median(Measurement.perSecond), result.Median(Measurement.p50),
			result.Median(Measurement.p99), result.Median(Measurement.p999),
			result.Median(Measurement.allocations), result.Median(Measurement.kilobytes), result.Median(Measurement.rss))
	}
	return b.String() + "\n" + goalTable(r.Goals)
}

// Compare says how the CPU of each variant, as a multiple of the floor, differs from an earlier report.
func (r *Report) Compare(earlier *Report) string {
	before := map[string]*Result{}
	for _, result := range earlier.Results {
		before[result.Name()] = result
	}
	var b strings.Builder
	b.WriteString("| server | × floor before | × floor now | change |\n|:--|--:|--:|--:|\n")
	for _, result := range r.Results {
		old := before[result.Name()]
		if old == nil || result.Server == Baselines[0] {
			continue
		}
		was, is := ratio(old, earlier.floorOf(old.Variant)), ratio(result, r.floorOf(result.Variant))
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %+.0f %% |\n", result.Name(), was, is, 100*(is/was-1))
	}
	return b.String()
}

// Save writes the report as JSON.
func (r *Report) Save(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Load reads a report that was saved.
func Load(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s is no saved report: %w", path, err)
	}
	return r, nil
}

// WriteInto puts a table between the markers of a document. target is that of the Makefile which makes the table.
func WriteInto(path, target, table string) error {
	begin, end := "<!-- begin: written by make "+target+" -->\n", "<!-- end -->"
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, begins := strings.Cut(string(text), begin)
	_, tail, ends := strings.Cut(rest, end)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the table: it must have the lines %q and %q", path, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(path, []byte(head+begin+"\n"+table+"\n"+end+tail), 0o644)
}
