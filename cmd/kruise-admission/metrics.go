package main

import (
	"context"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive"
)

// newRegistry returns the registry behind /metrics, with everything but the metrics of the review handlers, which register
// themselves.
func newRegistry(parts *parts) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		survivingCollector{newStateCollector(parts.view, parts.certificate)}, parts.snapshots, parts.protection, parts.budgets,
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "kruise_admission_background_panics_total",
			Help: "Panics outside the way of a review, which the server has survived: the log has the stack.",
		}, func() float64 { return float64(survive.Count()) }))
	if parts.auditor != nil {
		registry.MustRegister(auditCollector{parts.auditor.Status})
	}
	return registry
}

// survivingCollector leaves out metrics over which it panics: it looks at what others have written, and a registry collects on goroutines of
// its own.
type survivingCollector struct{ prometheus.Collector }

func (c survivingCollector) Collect(metrics chan<- prometheus.Metric) {
	_ = survive.Try(context.Background(), func() error { // the log has it
		c.Collector.Collect(metrics)
		return nil
	})
}

// stateCollector reports what the server stands on: its build, its view of the cluster, its certificates. It asks when it is
// scraped. Labels come from the build and from flags, so that nothing that happens adds a series.
type stateCollector struct {
	view         cluster.Source
	certificates certs.HealthChecker
}

var (
	buildInfo = prometheus.NewDesc("kruise_admission_build_info",
		"1, labelled with what was built.", []string{"version", "revision", "go_version"}, nil)
	viewSynced = prometheus.NewDesc("kruise_admission_view_synced",
		"Whether the view of the cluster is complete; until it is, every review is answered 503.", nil, nil)
	sidecarSets = prometheus.NewDesc("kruise_admission_sidecarsets",
		"SidecarSets in the view; absent until it is complete.", nil, nil)
	certificateExpiry = prometheus.NewDesc("kruise_admission_certificate_expiry_timestamp_seconds",
		"When the serving certificate expires; absent while there is none.", nil, nil)
	authorityExpiry = prometheus.NewDesc("kruise_admission_ca_expiry_timestamp_seconds",
		"When the authority of the serving certificate expires; absent where the server does not know it.", nil, nil)
	rotationPhase = prometheus.NewDesc("kruise_admission_ca_rotation_phase",
		"1 for the phase in which the rotation of the self-managed authority is, 0 for the others; absent where the server manages none.",
		[]string{"phase"}, nil)
	bundleMismatch = prometheus.NewDesc("kruise_admission_ca_bundle_mismatch",
		"Whether a caBundle in the object does not verify the serving certificate, so that API servers cannot call.",
		[]string{"resource", "name"}, nil)
	unservedEntries = prometheus.NewDesc("kruise_admission_unserved_entries",
		"Entries in the object that call a path which this version does not serve; their calls fail. The log names them.",
		[]string{"resource", "name"}, nil)
	bundlePublished = prometheus.NewDesc("kruise_admission_ca_bundle_published_timestamp_seconds",
		"When this replica last wrote the caBundle fields of the object; absent if it has not.",
		[]string{"resource", "name"}, nil)
)

func newStateCollector(view cluster.Source, certificates certs.HealthChecker) *stateCollector {
	return &stateCollector{view: view, certificates: certificates}
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfo, viewSynced, sidecarSets, certificateExpiry, authorityExpiry, rotationPhase, bundleMismatch, unservedEntries, bundlePublished} {
		descriptions <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(metrics chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	timestamp := func(d *prometheus.Desc, at time.Time, labels ...string) {
		if !at.IsZero() {
			gauge(d, float64(at.Unix()), labels...)
		}
	}
	gauge(buildInfo, 1, version, revision(), runtime.Version())
	synced := c.view.Synced()
	gauge(viewSynced, oneIf(synced))
	if synced {
		gauge(sidecarSets, float64(len(c.view.SidecarSets())))
	}
	status := c.certificates.Status()
	timestamp(certificateExpiry, status.CertificateExpiry)
	timestamp(authorityExpiry, status.AuthorityExpiry)
	if status.Rotation != "" {
		for _, phase := range certs.Phases() {
			gauge(rotationPhase, oneIf(phase == status.Rotation), string(phase))
		}
	}
	for _, configuration := range status.Configurations {
		gauge(bundleMismatch, oneIf(configuration.Mismatch), configuration.Resource, configuration.Name)
		gauge(unservedEntries, float64(len(configuration.Unserved)), configuration.Resource, configuration.Name)
		timestamp(bundlePublished, configuration.Published, configuration.Resource, configuration.Name)
	}
}

func oneIf(condition bool) float64 {
	if condition {
		return 1
	}
	return 0
}
