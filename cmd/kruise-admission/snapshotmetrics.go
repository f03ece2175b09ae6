package main

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// snapshotMetrics watches how the SidecarSets are compiled into what decides about pods.
type snapshotMetrics struct {
	duration prometheus.Histogram
	taken    prometheus.Gauge
}

func newSnapshotMetrics() *snapshotMetrics {
	return &snapshotMetrics{
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "kruise_admission_snapshot_compile_duration_seconds",
			Help:    "Time to compile the SidecarSets that have changed, all of them at first.",
			Buckets: []float64{.0001, .001, .01, .1, 1, 10},
		}),
		taken: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kruise_admission_snapshot_timestamp_seconds",
			Help: "When SidecarSets were last compiled into what decides about pods, 0 if they never were.",
		}),
	}
}

// watch returns changed with its time taken.
func (m *snapshotMetrics) watch(changed func(sidecarSets []string)) func(sidecarSets []string) {
	return func(sidecarSets []string) {
		start := time.Now()
		changed(sidecarSets)
		m.duration.Observe(time.Since(start).Seconds())
		m.taken.SetToCurrentTime()
	}
}

// Describe implements prometheus.Collector.
func (m *snapshotMetrics) Describe(descriptions chan<- *prometheus.Desc) {
	m.duration.Describe(descriptions)
	m.taken.Describe(descriptions)
}

// Collect implements prometheus.Collector.
func (m *snapshotMetrics) Collect(metrics chan<- prometheus.Metric) {
	m.duration.Collect(metrics)
	m.taken.Collect(metrics)
}
