package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

// expected are the panics that tests have caused on purpose.
var expected uint64

// TestMain fails when a server of a test has survived a panic: servers run in the process of the tests, and would hide it.
func TestMain(m *testing.M) {
	code := m.Run()
	if survived := survive.Count() - expected; survived > 0 {
		fmt.Printf("FAIL: servers have survived %d panics\n", survived)
		code = max(code, 1)
	}
	os.Exit(code)
}

// expectPanics is panics.Expect for this package.
func expectPanics(t *testing.T) {
	t.Helper()
	before := survive.Count()
	t.Cleanup(func() { expected += survive.Count() - before })
	panics.Expect(t)
}

// TestServersSurvive: a panic ends no server, and leaves a log line and a count.
func TestServersSurvive(t *testing.T) {
	expectPanics(t)
	utilruntime.ReallyCrash = true // until the server says otherwise
	r := startServer(t, "--manifests", "../../examples")
	r.waitReady(t)
	if utilruntime.ReallyCrash {
		t.Fatal("the server would not survive")
	}
	if err := survive.Try(t.Context(), func() error { panic("mistake") }); !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("error %v", err)
	}
	if _, metrics := r.get(t, "http://"+r.addresses["metrics"]+"/metrics"); !strings.Contains(metrics, "\nkruise_admission_background_panics_total ") {
		t.Error("the metric is missing")
	}
}

// panickingCertificates panics where certificates of others are read.
type panickingCertificates struct{ certificatesOf }

func (panickingCertificates) Status() certs.Status { panic("mistake") }

// TestAPanicInMetricsLosesOnlyThose: the registry asks on goroutines of its own.
func TestAPanicInMetricsLosesOnlyThose(t *testing.T) {
	expectPanics(t)
	registry := prometheus.NewRegistry()
	registry.MustRegister(survivingCollector{newStateCollector(viewOf{synced: true}, panickingCertificates{})})
	n, err := testutil.GatherAndCount(registry, "kruise_admission_view_synced")
	if err != nil || n != 1 {
		t.Errorf("%d metrics of the view, error %v, want 1", n, err)
	}
}

type panickingExporter struct{ sdktrace.SpanExporter }

func (panickingExporter) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	panic("mistake")
}

func TestAPanicOverSpansLosesThem(t *testing.T) {
	expectPanics(t)
	if err := (survivingExporter{panickingExporter{}}).ExportSpans(t.Context(), nil); !errors.Is(err, survive.ErrPanicked) {
		t.Errorf("error %v", err)
	}
}
