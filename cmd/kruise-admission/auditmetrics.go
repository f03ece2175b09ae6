package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kruise-admission/kruise-admission/cluster/missed"
)

// maxMissedSeries bounds the series of missedPods: whoever may create SidecarSets must not be able to fill the monitoring. Those with the
// fewest pods are put together under an empty name.
const maxMissedSeries = 100

var (
	missedPods = prometheus.NewDesc("kruise_admission_missed_pods",
		"Pods that should have the sidecars of the SidecarSet and were created without; only from the elected replica. With more than 100 SidecarSets the smallest counts are one series without a name.",
		[]string{"sidecarset"}, nil)
	auditCompleted = prometheus.NewDesc("kruise_admission_audit_timestamp_seconds",
		"When all pods were last looked at for missed sidecars; absent where this replica is not the elected one.", nil, nil)
	auditFailures = prometheus.NewDesc("kruise_admission_audit_failures_total",
		"Looks at all pods for missed sidecars that failed.", nil, nil)
	missedEvictions = prometheus.NewDesc("kruise_admission_missed_evictions_total",
		"Evictions of pods without their sidecars, by outcome (evicted, held, gone, failed).", []string{"outcome"}, nil)
)

// auditCollector reports what the audit of a server has found.
type auditCollector struct{ status func() missed.Status }

// Describe implements prometheus.Collector.
func (c auditCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{missedPods, auditCompleted, auditFailures, missedEvictions} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (c auditCollector) Collect(metrics chan<- prometheus.Metric) {
	status := c.status()
	if !status.Completed.IsZero() {
		metrics <- prometheus.MustNewConstMetric(auditCompleted, prometheus.GaugeValue, float64(status.Completed.Unix()))
		for name, pods := range largest(status.Missed, maxMissedSeries) {
			metrics <- prometheus.MustNewConstMetric(missedPods, prometheus.GaugeValue, float64(pods), name)
		}
	}
	metrics <- prometheus.MustNewConstMetric(auditFailures, prometheus.CounterValue, float64(status.Failures))
	for _, outcome := range missed.Evictions() {
		metrics <- prometheus.MustNewConstMetric(missedEvictions, prometheus.CounterValue, float64(status.Evictions[outcome]), string(outcome))
	}
}

// largest keeps the largest counts, so that with those of all others under an empty name there are at most limit.
func largest(counts map[string]int, limit int) map[string]int {
	if len(counts) <= limit {
		return counts
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	kept := map[string]int{}
	for i, name := range names {
		if i < limit-1 {
			kept[name] = counts[name]
		} else {
			kept[""] += counts[name]
		}
	}
	return kept
}
