package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/cluster/missed"
	"github.com/kruise-admission/kruise-admission/webhook"
)

const metricsHead = `# Metrics

Generated from the registry of the server by ` + "`make generate`" + `. They are served at ` + "`/metrics`" + ` on ` + "`--metrics-address`" + `, with ` + "`go_*` and `process_*`" + `
from the Prometheus client. All label sets are closed or bounded: no request adds a series.

| metric | type | meaning |
|---|---|---|
`

// describedMetric reads the text of a description, which is all that the Prometheus client shows of it.
var describedMetric = regexp.MustCompile(`fqName: "(kruise_admission_[a-z_]+)", help: "(.*)", constLabels: \{\}, variableLabels: \{([a-z_,]*)\}`)

// TestMetricsReference keeps docs/metrics.md equal to what a server registers; `make generate` rewrites it.
func TestMetricsReference(t *testing.T) {
	registry := wholeRegistry(t)
	descriptions := make(chan *prometheus.Desc)
	go func() {
		registry.Describe(descriptions)
		close(descriptions)
	}()
	var rows []string
	types := map[string]string{}
	for description := range descriptions {
		match := describedMetric.FindStringSubmatch(description.String())
		if match == nil {
			continue // of the Prometheus client
		}
		name, labels := match[1], match[3]
		if labels != "" {
			labels = "{" + labels + "}"
		}
		types[name] = typeByName(name)
		rows = append(rows, fmt.Sprintf("| `%s%s` | %s | %s |\n", name, labels, types[name], match[2]))
	}
	if len(rows) < 20 {
		t.Fatalf("only %d metrics were found: %v", len(rows), rows)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if want, ours := types[family.GetName()]; ours && strings.ToLower(family.GetType().String()) != want {
			t.Errorf("%s is a %s, which its name does not say", family.GetName(), family.GetType())
		}
	}
	slices.Sort(rows)
	compareGolden(t, "../../docs/metrics.md", metricsHead+strings.Join(rows, ""))
}

// typeByName: names follow the rules of Prometheus, so that they say the type.
func typeByName(name string) string {
	switch {
	case strings.HasSuffix(name, "_total"):
		return "counter"
	case strings.HasSuffix(name, "_duration_seconds"):
		return "histogram"
	}
	return "gauge"
}

// TestMetricsAreClean holds the metrics of a whole server to the rules of Prometheus.
func TestMetricsAreClean(t *testing.T) {
	problems, err := testutil.GatherAndLint(wholeRegistry(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// wholeRegistry has every metric that a server can have.
func wholeRegistry(t *testing.T) *prometheus.Registry {
	t.Helper()
	options := &serveOptions{}
	options.addFlags(pflag.NewFlagSet("", pflag.ContinueOnError))
	options.manifests = []string{"../../examples"}
	gates, err := webhook.ParseGates("")
	if err != nil {
		t.Fatal(err)
	}
	parts, err := assemble(options, gates, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	registry := newRegistry(parts)
	registry.MustRegister(auditCollector{func() missed.Status { return missed.Status{} }}) // only a server of a cluster has one
	webhook.Handlers(webhook.HandlerOptions{Rules: parts.rules, Ready: parts.decidable, Registry: registry, Log: logr.Discard()})
	return registry
}

// TestSnapshotMetrics: a change shows when it was taken over, and how long that took.
func TestSnapshotMetrics(t *testing.T) {
	m := newSnapshotMetrics()
	if at := testutil.ToFloat64(m.taken); at != 0 {
		t.Errorf("before any change: %v", at)
	}
	var got []string
	m.watch(func(names []string) { got = names })([]string{"a", "b"})
	if !slices.Equal(got, []string{"a", "b"}) || testutil.ToFloat64(m.taken) == 0 || testutil.CollectAndCount(m, "kruise_admission_snapshot_compile_duration_seconds") != 1 {
		t.Errorf("the change of %v was taken at %v", got, testutil.ToFloat64(m.taken))
	}
}
