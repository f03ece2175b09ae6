package validate_test

// The recorded decisions of OpenKruise on the kinds that this project defaults and validates. A kind plugs in by its
// endpoint paths in the table recordedReviewers.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admission/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
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

// universe answers the rules' questions with the objects of universe.yaml.
type universe struct {
	// objects are all of them as JSON, by kind.
	objects     map[string][][]byte
	sidecarSets []*v1beta1.SidecarSet
	revisions   []*appsv1.ControllerRevision
	settings    map[string]string
}

func readUniverse(t *testing.T, file string) *universe {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u := &universe{objects: map[string][][]byte{}}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		object, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatal(err)
		}
		var header struct{ APIVersion, Kind string }
		if err := json.Unmarshal(object, &header); err != nil {
			t.Fatal(err)
		}
		u.objects[header.Kind] = append(u.objects[header.Kind], object)
		switch header.Kind {
		case "SidecarSet":
			u.sidecarSets = append(u.sidecarSets, readSidecarSet(t, header.APIVersion, object))
		case "ControllerRevision":
			revision := readInto[appsv1.ControllerRevision](t, object)
			if revision.Namespace == "kruise-system" {
				u.revisions = append(u.revisions, revision)
			}
		case "ConfigMap":
			if configMap := readInto[corev1.ConfigMap](t, object); configMap.Name == "kruise-configuration" {
				u.settings = configMap.Data
			}
		}
	}
	slices.SortFunc(u.sidecarSets, func(a, b *v1beta1.SidecarSet) int { return strings.Compare(a.Name, b.Name) })
	return u
}

func readSidecarSet(t *testing.T, version string, object []byte) *v1beta1.SidecarSet {
	t.Helper()
	if version == v1beta1.GroupVersion.String() {
		return readInto[v1beta1.SidecarSet](t, object)
	}
	set := &v1beta1.SidecarSet{}
	if err := readInto[v1alpha1.SidecarSet](t, object).ConvertTo(set); err != nil {
		t.Fatal(err)
	}
	return set
}

func readInto[T any](t *testing.T, object []byte) *T {
	t.Helper()
	into := new(T)
	if err := json.Unmarshal(object, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func (u *universe) SidecarSets() []*v1beta1.SidecarSet { return u.sidecarSets }

func (u *universe) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	for _, set := range u.sidecarSets {
		if set.Name == name {
			return set, nil, true
		}
	}
	return nil, nil, false
}

func (u *universe) ControllerRevision(name string) (*appsv1.ControllerRevision, bool) {
	for _, revision := range u.revisions {
		if revision.Name == name {
			return revision, true
		}
	}
	return nil, false
}

func (u *universe) ControllerRevisions(set string) []*appsv1.ControllerRevision {
	return slices.DeleteFunc(slices.Clone(u.revisions), func(revision *appsv1.ControllerRevision) bool {
		return revision.Labels[sidecarset.NameLabel] != set
	})
}

func (u *universe) Setting(key string) (string, bool) {
	value, ok := u.settings[key]
	return value, ok
}

// deviation is an entry of deviations.yaml.
type deviation struct {
	Set    string   `json:"set"`
	IDs    []string `json:"ids"`
	Title  string   `json:"title"`
	Reason string   `json:"reason"`
	// used remembers which ids were seen to differ.
	used map[string]bool
	// seen remembers which ids were run at all.
	seen map[string]bool
}

type deviationList []*deviation

func readDeviations(t *testing.T, file string) deviationList {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all, list deviationList
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, d := range all {
		if d.Title == "" || d.Reason == "" {
			t.Errorf("%s: entry %v lacks title or reason", file, d.IDs)
		}
		if d.Set == "validate" {
			d.used, d.seen = map[string]bool{}, map[string]bool{}
			list = append(list, d)
		}
	}
	return list
}

// match returns the entry that lists a case, and remembers whether the case differs.
func (l deviationList) match(id string, differs bool) *deviation {
	for _, d := range l {
		for _, pattern := range d.IDs {
			if ok, _ := path.Match(pattern, id); ok {
				d.seen[pattern] = true
				if differs {
					d.used[pattern] = true
				}
				return d
			}
		}
	}
	return nil
}

// isPattern reports whether a case is listed only through a pattern.
func (d *deviation) isPattern(id string) bool { return !slices.Contains(d.IDs, id) }

// reportUnused fails for patterns none of whose cases differ.
func (l deviationList) reportUnused(t *testing.T) {
	t.Helper()
	for _, d := range l {
		for _, pattern := range d.IDs {
			if d.seen[pattern] && !d.used[pattern] {
				t.Errorf("deviations.yaml lists %q (%s), but nothing differs", pattern, d.Title)
			}
		}
	}
}
