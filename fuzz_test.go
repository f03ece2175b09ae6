package house_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// fuzzed are the parts of the server that read what anybody may send, and the kinds whose objects it judges, each with the targets that fuzz it.
var fuzzed = map[string][]string{
	"the full HTTP path":        {"cmd/kruise-admission.FuzzServer"},
	"decoding":                  {"webhook.FuzzEnvelope", "webhook.FuzzReview", "api/rawjson.FuzzScanner", "api/wire.FuzzDecode"},
	"matching":                  {"inject.FuzzMatching"},
	"injection":                 {"inject.FuzzPod", "inject.FuzzAnnotations", "inject.FuzzSidecarSet", "inject/podsteps.FuzzPod", "inject/workloadspread.FuzzPlace"},
	"injection by a reference":  {"inject.FuzzDifferential"},
	"conversion":                {"webhook.FuzzConversionReview", "api/convert.FuzzObject"},
	"expressions":               {"api/expr.FuzzEval"},
	"patch application":         {"api/podpatch.FuzzApply", "webhook.FuzzAllowance"},
	"delete protection":         {"protection.FuzzReview", "protection/budget.FuzzReviewer"},
	"advancedcronjobs":          {"validate.FuzzAdvancedCronJob"},
	"broadcastjobs":             {"validate.FuzzBroadcastJob"},
	"clonesets":                 {"validate.FuzzCloneSet"},
	"containerrecreaterequests": {"defaults.FuzzContainerRecreateRequest"},
	"daemonsets":                {"validate.FuzzDaemonSet"},
	"ephemeraljobs":             {"validate.FuzzEphemeralJob"},
	"imagelistpulljobs":         {"validate.FuzzImageKinds"},
	"imagepulljobs":             {"validate.FuzzImageKinds"},
	"nodeimages":                {"validate.FuzzImageKinds"},
	"persistentpodstates":       {"validate.FuzzPersistentPodState"},
	"podprobemarkers":           {"validate.FuzzPodProbeMarker"},
	"podunavailablebudgets":     {"validate.FuzzPodUnavailableBudget"},
	"resourcedistributions":     {"validate.FuzzResourceDistribution"},
	"sidecarsets":               {"validate.FuzzSidecarSet"},
	"statefulsets":              {"validate.FuzzStatefulSet"},
	"uniteddeployments":         {"validate.FuzzUnitedDeployment"},
	"workloadspreads":           {"validate.FuzzWorkloadSpread"},
}

// TestFuzzTargets: every part and every kind of the table of kinds is fuzzed, and every target has a corpus in the repository. hack/fuzz.sh finds
// the targets by itself, so that CI runs them all.
func TestFuzzTargets(t *testing.T) {
	targets := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		if name := entry.Name(); name != "." && strings.HasPrefix(name, ".") || path == "test" {
			return filepath.SkipDir
		}
		for _, name := range testsOf(t, path) {
			if !strings.HasPrefix(name, "Fuzz") {
				continue
			}
			targets[filepath.ToSlash(path)+"."+name] = true
			if corpus, err := os.ReadDir(filepath.Join(path, "testdata", "fuzz", name)); err != nil || len(corpus) == 0 {
				t.Errorf("%s.%s has no corpus: %v", path, name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for part, names := range fuzzed {
		for _, name := range names {
			if !targets[name] {
				t.Errorf("%s: there is no %s", part, name)
			}
		}
	}
	for _, kind := range webhook.Kinds() {
		if len(fuzzed[kind.Resource]) == 0 {
			t.Errorf("no target fuzzes what is decided about %s", kind.Resource)
		}
	}
}
