package validate_test

// The recorded decisions of OpenKruise on the kinds that this project defaults and validates. A kind plugs in by its
// endpoint paths in the table recordedReviewers.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

// recordedReviewers says who answers on a path, given the objects of the universe and the gates of a case.
var recordedReviewers = map[string]func(u *universe, gates gates) decision.Reviewer{
	"/mutate-apps-kruise-io-sidecarset": func(*universe, gates) decision.Reviewer { return defaults.SidecarSet{} },
	"/validate-apps-kruise-io-sidecarset": func(u *universe, gates gates) decision.Reviewer {
		return validate.SidecarSet{Cluster: u, PatchPodMetadataDefaultsAllowed: gates["SidecarSetPatchPodMetadataDefaultsAllowed"]}
	},
}

// gates are the feature gates of a case. Those that are not listed are off; the ones that the recordings had on as a
// base are set first (first lines of universe.yaml).
type gates map[string]bool

var baseGates = gates{
	"ResourcesDeletionProtection":               true,
	"DeletionProtectionForCRDCascadingGate":     true,
	"SidecarSetPatchPodMetadataDefaultsAllowed": true,
}

// TestConformance runs every recorded case whose path has a reviewer. KRUISE_ADMISSION_VECTORS names another folder of the
// same format. Differences must be listed in deviations.yaml, and what is listed must differ.
func TestConformance(t *testing.T) {
	folder, elsewhere := os.LookupEnv("KRUISE_ADMISSION_VECTORS")
	if !elsewhere {
		folder = "../test/conformance/testdata"
	}
	u := readUniverse(t, filepath.Join(folder, "validate", "universe.yaml"))
	deviations := readDeviations(t, "../test/conformance/deviations.yaml")
	run, agreed := 0, 0
	for _, c := range readCases(t, filepath.Join(folder, "validate", "cases.jsonl")) {
		reviewer, ok := recordedReviewers[c.Path]
		var review struct{ Request *admissionv1.AdmissionRequest }
		if !ok || json.Unmarshal(c.Review, &review) != nil || review.Request == nil {
			continue
		}
		if review.Request.Operation == admissionv1.Delete && strings.HasPrefix(c.Path, "/validate-") {
			continue // package protection answers those
		}
		run++
		t.Run(c.ID, func(t *testing.T) {
			gates := maps.Clone(baseGates)
			maps.Copy(gates, c.Gates)
			difference := compare(c, review.Request, reviewer(u, gates))
			deviation := deviations.match(c.ID, difference != "")
			switch {
			case difference == "":
				agreed++
				if deviation != nil && !deviation.isPattern(c.ID) {
					t.Errorf("listed in deviations.yaml (%s), but it agrees", deviation.Title)
				}
			case deviation == nil:
				t.Errorf("%s\n%s", c.About, difference)
			}
		})
	}
	t.Logf("%d of %d recorded decisions agree, the others are listed deviations", agreed, run)
	if !elsewhere && !testing.Short() {
		deviations.reportUnused(t)
	}
}

// recordedCase is one line of cases.jsonl, as its README describes it.
type recordedCase struct {
	ID, About, Path string
	Gates           map[string]bool
	// Review is kept as text: some cases are about reviews that cannot be decoded, which the serving side answers.
	Review json.RawMessage
	Expect struct {
		Allowed     bool
		Message     string
		Object      any
		Noise, Lost []string
	}
}

// compare says in which way the reviewer's answer differs from the recorded one on the level "object": the decision, and
// the object without noise. A value that OpenKruise loses and we keep is a difference.
func compare(c recordedCase, request *admissionv1.AdmissionRequest, reviewer decision.Reviewer) string {
	answer, err := reviewer.Review(context.Background(), request)
	if err != nil {
		return "cannot tell: " + err.Error()
	}
	if answer.Allowed != c.Expect.Allowed {
		return fmt.Sprintf("allowed: %t, recorded: %t\nour words:      %s\nrecorded words: %s",
			answer.Allowed, c.Expect.Allowed, answer.Message, c.Expect.Message)
	}
	if !answer.Allowed {
		return ""
	}
	posted := request.Object.Raw
	got, err := apply(posted, answer.Patch)
	if err != nil {
		return "our patch does not apply: " + err.Error()
	}
	want := c.Expect.Object
	if want == nil {
		want = decode(posted)
	}
	for _, pointer := range c.Expect.Noise {
		want, got = without(want, pointer), without(got, pointer)
	}
	return cmp.Diff(want, mask(want, got))
}

// apply applies a patch as the API server does.
func apply(object []byte, operations []decision.Operation) (any, error) {
	if len(operations) == 0 {
		return decode(object), nil
	}
	text, err := json.Marshal(operations)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		return nil, err
	}
	object, err = patch.Apply(object)
	return decode(object), err
}

func decode(text []byte) any {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return string(text)
	}
	return value
}

// without removes what a pointer names.
func without(value any, pointer string) any {
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	return withoutTokens(value, tokens)
}

func withoutTokens(value any, tokens []string) any {
	token := strings.NewReplacer("~1", "/", "~0", "~").Replace(tokens[0])
	switch value := value.(type) {
	case map[string]any:
		value = maps.Clone(value)
		if len(tokens) == 1 {
			delete(value, token)
		} else if child, ok := value[token]; ok {
			value[token] = withoutTokens(child, tokens[1:])
		}
		return value
	case []any:
		value = slices.Clone(value)
		for i := range value {
			if fmt.Sprint(i) == token {
				if len(tokens) == 1 {
					value[i] = nil
				} else {
					value[i] = withoutTokens(value[i], tokens[1:])
				}
			}
		}
		return value
	}
	return value
}

// mask puts "*" into got where want has it: any value is right there.
func mask(want, got any) any {
	switch want := want.(type) {
	case string:
		if want == "*" {
			return "*"
		}
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			masked := maps.Clone(got)
			for key := range want {
				if _, ok := got[key]; ok {
					masked[key] = mask(want[key], got[key])
				}
			}
			return masked
		}
	case []any:
		if got, ok := got.([]any); ok && len(got) == len(want) {
			masked := make([]any, len(got))
			for i := range got {
				masked[i] = mask(want[i], got[i])
			}
			return masked
		}
	}
	return got
}

func readCases(t *testing.T, file string) []recordedCase {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var cases []recordedCase
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c recordedCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}
