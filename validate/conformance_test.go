package validate_test

// The recorded decisions of OpenKruise on the kinds that this project defaults and validates. A kind plugs in by its
// endpoint paths in the table recordedReviewers.

import (
	"encoding/json"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/internal/recorded"
	"github.com/kruise-admission/kruise-admission/validate"
)

// recordedReviewers says who answers on a path, given the objects of the universe and the gates of a case.
var recordedReviewers = map[string]func(u *universe, gates gates) decision.Reviewer{
	"/mutate-apps-kruise-io-sidecarset": func(*universe, gates) decision.Reviewer { return defaults.SidecarSet{} },
	"/validate-apps-kruise-io-sidecarset": func(u *universe, gates gates) decision.Reviewer {
		return validate.SidecarSet{Cluster: u, PatchPodMetadataDefaultsAllowed: gates["SidecarSetPatchPodMetadataDefaultsAllowed"]}
	},
}

// gates are the feature gates of a case. Those that are not listed are off.
type gates map[string]bool

// TestConformance compares the decisions of the rules with those recorded from OpenKruise (package internal/recorded), in every case whose
// path has a reviewer. test/conformance posts the same cases to the built server, connected to a cluster, and finds deviations that no
// case needs any more.
func TestConformance(t *testing.T) {
	folder, _ := recorded.Folder()
	u := readUniverse(t, recorded.Universe(folder, "validate"))
	cases, err := recorded.Read(folder, "validate")
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := recorded.NewLedger("validate")
	if err != nil {
		t.Fatal(err)
	}
	ran, excused := 0, 0
	for _, c := range cases {
		reviewer, ok := recordedReviewers[c.Path]
		request := c.Request()
		if !ok || request == nil {
			continue
		}
		if request.Operation == admissionv1.Delete && strings.HasPrefix(c.Path, "/validate-") {
			continue // package protection answers those
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			result, err := reviewer(u, c.AllGates()).Review(t.Context(), request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			answer, err := recorded.FromDecision(result)
			if err != nil {
				t.Fatal(err)
			}
			deviation, problem := ledger.Settle(&c, answer)
			if problem != "" {
				t.Errorf("%s\n    %s", c.About, problem)
			}
			if deviation != nil {
				excused++
			}
		})
	}
	t.Logf("%d recorded decisions, %d of them are listed deviations", ran, excused)
	if ran == 0 {
		t.Error("no case ran")
	}
}

// apply applies a patch as the API server does.
func apply(object []byte, operations []decision.Operation) (any, error) {
	patched, err := recorded.Patched(object, operations)
	if err != nil {
		return nil, err
	}
	var value any
	err = json.Unmarshal(patched, &value)
	return value, err
}
