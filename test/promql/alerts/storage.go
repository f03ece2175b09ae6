package main

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	promstorage "github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/util/annotations"
)

// storage is a list of series, as the engine asks for them.
type storage []promql.Series

// parse reads series in the notation of promtool.
func parse(lines []string) (storage, error) {
	reader := parser.NewParser(parser.Options{})
	var read storage
	for _, line := range lines {
		metric, values, err := reader.ParseSeriesDesc(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		series := promql.Series{Metric: metric}
		for i, value := range values {
			if !value.Omitted {
				series.Floats = append(series.Floats, promql.FPoint{T: int64(i) * interval.Milliseconds(), F: value.Value})
			}
		}
		read = append(read, series)
	}
	return read, nil
}

// Querier implements Queryable.
func (s storage) Querier(int64, int64) (promstorage.Querier, error) {
	return &promstorage.MockQuerier{SelectMockFunction: func(_ bool, _ *promstorage.SelectHints, matchers ...*labels.Matcher) promstorage.SeriesSet {
		found := &seriesSet{}
		for _, series := range s {
			if matches(series.Metric, matchers) {
				found.series = append(found.series, series)
			}
		}
		return found
	}}, nil
}

func matches(metric labels.Labels, matchers []*labels.Matcher) bool {
	for _, matcher := range matchers {
		if !matcher.Matches(metric.Get(matcher.Name)) {
			return false
		}
	}
	return true
}

// seriesSet walks through series.
type seriesSet struct {
	series []promql.Series
	next   int
}

func (s *seriesSet) Next() bool {
	s.next++
	return s.next <= len(s.series)
}

func (s *seriesSet) At() promstorage.Series            { return promql.NewStorageSeries(s.series[s.next-1]) }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

var (
	_ promstorage.Queryable = storage{}
	_ promstorage.SeriesSet = &seriesSet{}
)
