package podsteps

import (
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

func fixedClock() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 500, time.UTC) }

// newPipeline makes a pipeline with the view; options may lack engine and view.
func newPipeline(t testing.TB, view cluster.View, options Options) *Pipeline {
	t.Helper()
	engine, err := inject.New(inject.Options{View: view, Clock: fixedClock, ProbesMove: options.EnhancedLiveness})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, set := range view.SidecarSets() {
		names = append(names, set.Name)
	}
	engine.Changed(names)
	options.Sidecars, options.View = engine, view
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recordedPipeline knows the objects of a folder of recordings, with OpenKruise's default gates. It returns the cases that have a request.
func recordedPipeline(t testing.TB, folder string) (*Pipeline, []recorded.Case) {
	t.Helper()
	view, err := manifests.Read(manifests.Options{Paths: []string{recorded.Universe(folder, "inject")}, Namespace: "kruise-system"})
	if err != nil {
		t.Fatal(err)
	}
	all, err := recorded.Read(folder, "inject")
	if err != nil {
		t.Fatal(err)
	}
	var cases []recorded.Case
	for _, c := range all {
		if c.Request() != nil {
			cases = append(cases, c)
		}
	}
	return newPipeline(t, view, Options{PodUnavailableBudgets: true}), cases
}

// TestConformance compares the decisions with those recorded from OpenKruise.
func TestConformance(t *testing.T) {
	folder, _ := recorded.Folder()
	pipeline, cases := recordedPipeline(t, folder)
	ledger, err := recorded.NewLedger("inject")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			result, err := pipeline.Review(t.Context(), c.Request())
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			answer, err := recorded.FromDecision(result)
			if err != nil {
				t.Fatal(err)
			}
			if _, problem := ledger.Settle(&c, answer); problem != "" {
				t.Errorf("%s\n    %s", c.About, problem)
			}
		})
	}
}
