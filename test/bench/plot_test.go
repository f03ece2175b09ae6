package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestPlot draws a report, which must be XML, with every line through all points and labels that do not cover each other.
func TestPlot(t *testing.T) {
	report := &Report{}
	for i, v := range plan() {
		report.Results = append(report.Results, &Result{Variant: v, Rounds: []Measurement{{CPU: float64(20 + i%2)}}})
	}
	lines := report.lines()
	if len(lines) != 2+len(Baselines) {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		if len(l.costs) != len(setCounts) {
			t.Errorf("%s has %d points, want %d", l.label, len(l.costs), len(setCounts))
		}
	}
	decoder, texts := xml.NewDecoder(strings.NewReader(drawing(lines))), 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if element, ok := token.(xml.StartElement); ok && element.Name.Local == "text" {
			texts++
		}
	}
	if texts < len(lines)+len(setCounts) {
		t.Errorf("%d texts", texts)
	}
	heights := labelHeights(lines, func(cost float64) float64 { return cost })
	for i, a := range heights {
		for j, b := range heights {
			if i != j && a-b < 12 && b-a < 12 {
				t.Errorf("labels %d and %d cover each other: %v", i, j, heights)
			}
		}
	}
}
