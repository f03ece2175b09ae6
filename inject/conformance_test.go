package inject

import (
	"testing"
	"time"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

func fixedClock() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 500, time.UTC) }

// TestConformance compares the engine's decisions with those recorded from OpenKruise (package internal/recorded). Package podsteps does the
// same with the steps around the engine, which the cases of the family near are about; test/conformance posts the same cases to the built server, and also those about the HTTP body.
func TestConformance(t *testing.T) {
	folder, _ := recorded.Folder()
	engine, cases := recordedEngine(t, folder)
	ledger, err := recorded.NewLedger("inject")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Family == "near" {
			continue
		}
		t.Run(c.ID, func(t *testing.T) {
			result, err := engine.Review(t.Context(), c.Request())
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

// recordedEngine knows the SidecarSets of a folder of recordings. It returns the cases that have a request.
func recordedEngine(t testing.TB, folder string) (*Engine, []recorded.Case) {
	t.Helper()
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
	view := newMemoryView()
	loadFile(t, view, recorded.Universe(folder, "inject"))
	return newEngine(t, view, Options{Broken: func(name string, err error) { t.Errorf("SidecarSet %s is broken: %v", name, err) }}), cases
}

// ownEngine is the recordedEngine of the project's own copy.
func ownEngine(t testing.TB) (*Engine, []recorded.Case) {
	t.Helper()
	return recordedEngine(t, recorded.OwnFolder())
}
