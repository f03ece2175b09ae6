package protection

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"
)

// The recorded decisions of OpenKruise, and the list of those that we decide otherwise on purpose. The environment variable
// KRUISE_ADMISSION_VECTORS names another folder of the same format.
const (
	recordings     = "../test/conformance/testdata"
	deviationsFile = "../test/conformance/deviations.yaml"
)

// recorded is one line of cases.jsonl.
type recorded struct {
	ID     string          `json:"id"`
	Family string          `json:"family"`
	Gates  map[string]bool `json:"gates"`
	Review *struct {
		Request *admissionv1.AdmissionRequest `json:"request"`
	} `json:"review"`
	Expect struct {
		Allowed bool   `json:"allowed"`
		Code    *int32 `json:"code"`
		Message string `json:"message"`
	} `json:"expect"`
}

// TestConformance compares with the recorded decisions of the family protection: whether the delete is allowed, the code, and
// the words that a refusal starts with. A difference must be listed, and what is listed must differ.
func TestConformance(t *testing.T) {
	folder, own := os.Getenv("KRUISE_ADMISSION_VECTORS"), false
	if folder == "" {
		folder, own = recordings, true
	}
	folder = filepath.Join(folder, "validate")
	dependents := readUniverse(t, filepath.Join(folder, "universe.yaml"))
	listed := readDeviations(t)
	differing := map[string]bool{}
	cases := readCases(t, filepath.Join(folder, "cases.jsonl"))
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			r := New(Options{
				Enabled:      gate(c, "ResourcesDeletionProtection"),
				CRDCascading: gate(c, "DeletionProtectionForCRDCascadingGate"),
				Dependents:   dependents,
			})
			got, err := r.Review(context.Background(), c.Review.Request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			var difference string
			switch want := c.Expect; {
			case got.Allowed != want.Allowed:
				difference = "another verdict"
			case !got.Allowed && want.Code != nil && got.Code != *want.Code:
				difference = "another code"
			case !got.Allowed && isWords(want.Message) && !strings.HasPrefix(got.Message, want.Message):
				difference = "other words"
			}
			if difference == "" {
				return
			}
			differing[c.ID] = true
			if !matchesAny(listed, c.ID) {
				t.Errorf("%s, and it is not listed in %s: got %+v, recorded %+v", difference, deviationsFile, got, c.Expect)
			}
		})
	}
	if !own {
		return
	}
	for _, pattern := range listed {
		if mentions, differs := matchAny(pattern, cases, differing); mentions && !differs {
			t.Errorf("%s lists %q, but nothing that it matches differs", deviationsFile, pattern)
		}
	}
}

// gate is the value of a feature gate during a case; both gates of protection were on unless the case says otherwise.
func gate(c recorded, name string) bool {
	value, set := c.Gates[name]
	return value || !set
}

// isWords: the texts of decoders and of failed look-ups are not worth keeping.
func isWords(message string) bool {
	return strings.HasPrefix(message, "forbidden by ") || strings.HasPrefix(message, "feature-gate ")
}

func readCases(t *testing.T, file string) (cases []recorded) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c recorded
		// Other families hold reviews that are malformed on purpose.
		if !strings.Contains(lines.Text(), `"protection-`) {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Family == "protection" && c.Review != nil && c.Review.Request != nil {
			cases = append(cases, c)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatalf("%s has no case of the family protection", file)
	}
	return cases
}

// readDeviations returns the patterns of case ids of the set validate.
func readDeviations(t *testing.T) (patterns []string) {
	t.Helper()
	content, err := os.ReadFile(deviationsFile)
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Set string   `json:"set"`
		ID  string   `json:"id"`
		IDs []string `json:"ids"`
	}
	if err := yaml.Unmarshal(content, &entries); err != nil {
		t.Fatalf("%s: %v", deviationsFile, err)
	}
	for _, e := range entries {
		if e.Set != "validate" {
			continue
		}
		for _, pattern := range append(e.IDs, e.ID) {
			if strings.HasPrefix(pattern, "protection-") {
				patterns = append(patterns, pattern)
			}
		}
	}
	return patterns
}

func matchesAny(patterns []string, id string) bool {
	for _, pattern := range patterns {
		if ok, _ := path.Match(pattern, id); ok {
			return true
		}
	}
	return false
}

// matchAny says whether a pattern matches a case, and one that differs.
func matchAny(pattern string, cases []recorded, differing map[string]bool) (mentions, differs bool) {
	for _, c := range cases {
		if matchesAny([]string{pattern}, c.ID) {
			mentions, differs = true, differs || differing[c.ID]
		}
	}
	return mentions, differs
}
