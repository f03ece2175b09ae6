package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// histogram is what the API server has counted so far.
type histogram struct {
	seconds, count float64
	first          float64 // of count, those in the bucket up to firstBucket
}

// firstBucket is the smallest bucket of the histogram of webhook calls, in seconds.
const firstBucket = "0.005"

// readHistogram adds up the series of a histogram, in the text format of Prometheus, that have all of the labels.
// A histogram that has counted nothing is not there at all.
func readHistogram(metrics, name string, labels ...string) (histogram, error) {
	var h histogram
	for line := range strings.Lines(metrics) {
		rest, ok := strings.CutPrefix(line, name+"_")
		if !ok {
			continue
		}
		series, text, _ := strings.Cut(strings.TrimSpace(rest), "} ")
		kind, have, _ := strings.Cut(series, "{")
		if !hasAll(have, labels) || (kind == "bucket" && !hasAll(have, []string{`le="` + firstBucket + `"`})) {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return h, fmt.Errorf("metric %s: %w", name, err)
		}
		switch kind {
		case "sum":
			h.seconds += value
		case "count":
			h.count += value
		case "bucket":
			h.first += value
		}
	}
	return h, nil
}

func hasAll(have string, labels []string) bool {
	for _, label := range labels {
		if !strings.Contains(have, label) {
			return false
		}
	}
	return true
}

func (h histogram) minus(before histogram) histogram {
	return histogram{h.seconds - before.seconds, h.count - before.count, h.first - before.first}
}

func (h histogram) plus(other histogram) histogram {
	return histogram{h.seconds + other.seconds, h.count + other.count, h.first + other.first}
}

// milliseconds is the mean.
func (h histogram) milliseconds() float64 { return 1000 * h.seconds / h.count }

// within is the share that is in the first bucket.
func (h histogram) within() float64 { return h.first / h.count }
