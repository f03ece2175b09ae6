package inject

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/decision"
)

func fixedClock() time.Time { return time.Date(2026, 7, 1, 9, 0, 0, 500, time.UTC) }

// vectorCase is a line of cases.jsonl.
type vectorCase struct {
	ID     string `json:"id"`
	Review *struct {
		Request *admissionv1.AdmissionRequest `json:"request"`
	} `json:"review"`
	Expect struct {
		Allowed      bool              `json:"allowed"`
		Patched      bool              `json:"patched"`
		Object       json.RawMessage   `json:"object"`
		Alternatives []json.RawMessage `json:"alternatives"`
		PatchApplies *bool             `json:"patchApplies"`
	} `json:"expect"`
}

// deviation is an entry of deviations.yaml. Its ids are file name patterns.
type deviation struct {
	Set  string   `json:"set"`
	IDs  []string `json:"ids"`
	used map[string]bool
}

func (d *deviation) lists(id string) bool {
	if d.used == nil {
		d.used = map[string]bool{}
	}
	listed := false
	for _, pattern := range d.IDs {
		if ok, _ := path.Match(pattern, id); ok {
			d.used[pattern], listed = true, true
		}
	}
	return listed
}

// TestConformance compares decisions with those recorded from OpenKruise, as vectors/README.md describes. A difference is an error
// unless deviations.yaml lists it, and a listed case that agrees is an error as well. The cases come from
// test/conformance/testdata; KRUISE_ADMISSION_VECTORS names another folder of that layout, of which only the
// differences count that nobody has listed.
func TestConformance(t *testing.T) {
	folder, own := os.Getenv("KRUISE_ADMISSION_VECTORS"), false
	if folder == "" {
		folder, own = filepath.Join("..", "test", "conformance", "testdata"), true
	}
	folder = filepath.Join(folder, "inject")
	view := newMemoryView()
	loadFile(t, view, filepath.Join(folder, "universe.yaml"))
	engine := newEngine(t, view, Options{Broken: func(name string, err error) { t.Errorf("SidecarSet %s is broken: %v", name, err) }})
	deviations := readDeviations(t)
	listed := func(id string) bool {
		return slices.ContainsFunc(deviations, func(d *deviation) bool { return d.lists(id) })
	}
	ran := 0
	for _, c := range readCases(t, filepath.Join(folder, "cases.jsonl")) {
		if c.Review == nil || c.Review.Request == nil {
			continue // about the HTTP body
		}
		ran++
		t.Run(c.ID, func(t *testing.T) {
			result, err := engine.Review(t.Context(), c.Review.Request)
			if err != nil {
				t.Fatalf("cannot tell: %v", err)
			}
			difference := c.compare(t, result)
			switch {
			case difference != "" && !listed(c.ID):
				t.Errorf("differs from OpenKruise (-recorded +ours):\n%s", difference)
			case difference == "" && listed(c.ID) && own:
				t.Errorf("agrees with OpenKruise, but deviations.yaml lists it")
			}
		})
	}
	for _, d := range deviations {
		for _, id := range d.IDs {
			if own && !d.used[id] {
				t.Errorf("deviations.yaml lists %s, which is no case", id)
			}
		}
	}
	if ran == 0 {
		t.Error("no cases")
	}
}

// compare gives the difference to what was recorded, or "". Whether a patch was sent is not compared by itself: where OpenKruise only renews
// timestamps, there is nothing to send.
func (c *vectorCase) compare(t *testing.T, result decision.Decision) string {
	if result.Allowed != c.Expect.Allowed {
		return cmp.Diff(c.Expect.Allowed, result.Allowed) + result.Message
	}
	if !result.Allowed {
		return ""
	}
	ours := masked(t, applyPatch(t, c.Review.Request.Object.Raw, result.Patch))
	if c.Expect.PatchApplies != nil && !*c.Expect.PatchApplies {
		return "" // nothing to compare with
	}
	expected := c.Expect.Object
	if !c.Expect.Patched {
		expected = c.Review.Request.Object.Raw
	}
	difference := cmp.Diff(masked(t, expected), ours)
	for _, alternative := range c.Expect.Alternatives {
		if cmp.Equal(masked(t, alternative), ours) {
			return ""
		}
	}
	return difference
}

var updateTimestamp = regexp.MustCompile(`"updateTimestamp":(null|"[^"]*")`)

// masked decodes an object after masking the timestamps inside its annotations.
func masked(t *testing.T, raw []byte) any {
	t.Helper()
	var object map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		t.Fatal(err)
	}
	metadata, _ := object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key, value := range annotations {
		if text, ok := value.(string); ok {
			annotations[key] = updateTimestamp.ReplaceAllString(text, `"updateTimestamp":"*"`)
		}
	}
	return object
}

// applyPatch applies operations strictly.
func applyPatch(t testing.TB, raw []byte, operations []decision.Operation) []byte {
	t.Helper()
	if len(operations) == 0 {
		return raw
	}
	encoded, err := json.Marshal(operations)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		t.Fatal(err)
	}
	patched, err := patch.Apply(raw)
	if err != nil {
		t.Fatalf("the patch does not apply: %v\n%s", err, encoded)
	}
	return patched
}

func readCases(t testing.TB, path string) []vectorCase {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var cases []vectorCase
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c vectorCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

// readDeviations gives the entries for this set.
func readDeviations(t *testing.T) []*deviation {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "test", "conformance", "deviations.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*deviation
	if err := yaml.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(d *deviation) bool { return d.Set != "inject" })
}
