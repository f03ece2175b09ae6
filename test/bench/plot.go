package bench

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// The plot, in pixels.
const (
	plotWidth, plotHeight = 760, 400
	plotLeft, plotRight   = 60, 220 // room for the labels of the axis and of the lines
	plotTop, plotBottom   = 44, 48
)

// line is a line of the plot: a cost for each of setCounts.
type line struct {
	label  string
	color  string
	dashes string // empty: drawn through
	costs  []float64
}

// Plot writes an SVG: what a review of a small pod costs, by the number of SidecarSets.
func (r *Report) Plot(path string) error {
	return os.WriteFile(path, []byte(drawing(r.lines())), 0o644)
}

// lines are those of ours, and what the servers cost that know no SidecarSets.
func (r *Report) lines() []line {
	lines := []line{
		{label: "ours, injected", color: "#0b6e4f"},
		{label: "ours, not matched", color: "#1f77b4"},
	}
	others := map[string]float64{}
	for _, result := range r.Results {
		cost := result.Median(Measurement.cpu)
		switch {
		case result.Pod != pod3KB.name:
		case result.Server != ours:
			others[result.Server] = cost
		case result.Matched:
			lines[0].costs = append(lines[0].costs, cost)
		default:
			lines[1].costs = append(lines[1].costs, cost)
		}
	}
	for _, name := range Baselines {
		baseline := line{label: name, color: "#777", dashes: "5 4"}
		for range setCounts {
			baseline.costs = append(baseline.costs, others[name])
		}
		lines = append(lines, baseline)
	}
	return lines
}

func drawing(lines []line) string {
	highest := 0.0
	for _, l := range lines {
		for _, cost := range l.costs {
			highest = max(highest, cost)
		}
	}
	step := 50.0
	for highest/step > 8 {
		step *= 2
	}
	top := math.Ceil(highest/step) * step
	x := func(i int) float64 {
		return plotLeft + float64(i)/float64(len(setCounts)-1)*(plotWidth-plotLeft-plotRight)
	}
	y := func(cost float64) float64 { return plotHeight - plotBottom - cost/top*(plotHeight-plotTop-plotBottom) }

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="#fff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="%d" y="22" font-size="15">CPU of one review of a pod of 3 KB, in µs</text>`+"\n", plotLeft)
	for cost := 0.0; cost <= top; cost += step {
		fmt.Fprintf(&b, `<path d="M%d %.1fH%d" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%.0f</text>`+"\n",
			plotLeft, y(cost), plotWidth-plotRight, plotLeft-8, y(cost)+4, cost)
	}
	for i, count := range setCounts {
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%d</text>`+"\n", x(i), plotHeight-plotBottom+18, count)
	}
	fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">SidecarSets</text>`+"\n", (x(0)+x(len(setCounts)-1))/2, plotHeight-plotBottom+38)
	labels := labelHeights(lines, y)
	for i, l := range lines {
		points := make([]string, len(l.costs))
		for j, cost := range l.costs {
			points[j] = fmt.Sprintf("%.1f,%.1f", x(j), y(cost))
		}
		fmt.Fprintf(&b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2" stroke-dasharray="%s"/>`+"\n", strings.Join(points, " "), l.color, l.dashes)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" fill="%s">%s, %.0f</text>`+"\n", plotWidth-plotRight+10, labels[i], l.color, l.label, l.costs[len(l.costs)-1])
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// labelHeights puts each label at the end of its line, or as far below the label above it as it takes to read both.
func labelHeights(lines []line, y func(float64) float64) []float64 {
	const lineHeight = 15
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	end := func(i int) float64 { return y(lines[i].costs[len(lines[i].costs)-1]) + 4 }
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(end(a), end(b)) })
	heights := make([]float64, len(lines))
	last := math.Inf(-1)
	for _, i := range order {
		heights[i] = max(end(i), last+lineHeight)
		last = heights[i]
	}
	return heights
}
