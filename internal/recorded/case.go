package recorded

// A recorded case: how to read it and what to post.

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
)

// Environment names the variable with another folder of recordings.
const Environment = "KRUISE_ADMISSION_VECTORS"

// Case is one line of cases.jsonl.
type Case struct {
	// ID is unique in its set.
	ID     string `json:"id"`
	Family string `json:"family"`
	// About says what the case shows.
	About string `json:"about"`
	Path  string `json:"path"`
	// Gates are the feature gates on top of [BaseGates].
	Gates map[string]bool `json:"gates"`
	// Review is the AdmissionReview to post, which may be malformed; null when RawBody or RawBodyParts is the body.
	Review       json.RawMessage `json:"review"`
	RawBody      *string         `json:"rawBody"`
	RawBodyParts []part          `json:"rawBodyParts"`
	// Method is empty for POST.
	Method string `json:"method"`
	// ContentType is nil for application/json, and empty for none.
	ContentType *string `json:"contentType"`
	Expect      Expect  `json:"expect"`
}

// Expect is the recorded answer.
type Expect struct {
	Allowed bool   `json:"allowed"`
	Code    *int32 `json:"code"`
	Message string `json:"message"`
	// Object is the posted object with the patch applied; null without a patch.
	Object json.RawMessage `json:"object"`
	// Alternatives are all objects that were seen, where OpenKruise's answer depends on chance.
	Alternatives []json.RawMessage `json:"alternatives"`
	// PatchApplies is false when the recorded patch does not, so that there is no object to compare with.
	PatchApplies *bool `json:"patchApplies"`
	// Noise names, by JSON pointers, what differs in Object only because OpenKruise decodes and encodes.
	Noise []string `json:"noise"`
	// HTTPStatus is 0 for 200.
	HTTPStatus int `json:"httpStatus"`
	// Answer is the whole answer in cases about the HTTP body: an AdmissionReview, or a text.
	Answer json.RawMessage `json:"answer"`
}

// part is a text and how often it is repeated.
type part struct {
	text  string
	times int
}

// UnmarshalJSON reads [text, times].
func (p *part) UnmarshalJSON(raw []byte) error {
	return json.Unmarshal(raw, &[]any{&p.text, &p.times})
}

// BaseGates are the feature gates of all recordings, where they are not OpenKruise's defaults.
func BaseGates() map[string]bool {
	return map[string]bool{
		"ResourcesDeletionProtection":               true,
		"DeletionProtectionForCRDCascadingGate":     true,
		"SidecarSetPatchPodMetadataDefaultsAllowed": true,
	}
}

// AllGates are the base gates and those of the case.
func (c *Case) AllGates() map[string]bool {
	gates := BaseGates()
	maps.Copy(gates, c.Gates)
	return gates
}

// Body is what to send.
func (c *Case) Body() []byte {
	switch {
	case c.RawBody != nil:
		return []byte(*c.RawBody)
	case c.RawBodyParts != nil:
		var body bytes.Buffer
		for _, p := range c.RawBodyParts {
			body.WriteString(strings.Repeat(p.text, p.times))
		}
		return body.Bytes()
	}
	return c.Review
}

// Request is the request of the review, or nil where the case is about a review that is none.
func (c *Case) Request() *admissionv1.AdmissionRequest {
	var review struct {
		Request *admissionv1.AdmissionRequest `json:"request"`
	}
	if len(c.Review) == 0 || json.Unmarshal(c.Review, &review) != nil {
		return nil
	}
	return review.Request
}

// Folder returns the folder of recordings to use, and whether it is the project's own copy.
func Folder() (folder string, own bool) {
	if folder := os.Getenv(Environment); folder != "" {
		return Find(folder), false
	}
	return OwnFolder(), true
}

// Find looks for a relative path in the working folder and in those above it, because go test runs in the folder of the package, wherever
// it was called. A path that is nowhere comes back as it is.
func Find(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	at, err := os.Getwd()
	for err == nil {
		candidate := filepath.Join(at, path)
		if _, err := os.Stat(candidate); err == nil {
			return candidate
		}
		above := filepath.Dir(at)
		if above == at {
			break
		}
		at = above
	}
	return path
}

// OwnFolder is the project's own copy of the recordings.
func OwnFolder() string { return filepath.Join(conformance(), "testdata") }

// conformance is the folder test/conformance of this repository.
func conformance() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "test", "conformance")
}

// Universe is the file with the cluster objects of a set.
func Universe(folder, set string) string { return filepath.Join(folder, set, "universe.yaml") }

// Read returns the cases of a set.
func Read(folder, set string) ([]Case, error) {
	name := filepath.Join(folder, set, "cases.jsonl")
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var cases []Case
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, len(cases)+1, err)
		}
		if c.ID == "" || c.Path == "" {
			return nil, fmt.Errorf("%s, line %d: a case needs id and path", name, len(cases)+1)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(cases) == 0 {
		return nil, fmt.Errorf("%s: no cases", name)
	}
	return cases, nil
}
