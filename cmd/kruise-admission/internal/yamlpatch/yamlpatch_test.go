package yamlpatch

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/decision"
)

// TestApply runs testdata/apply.txtar: each case is a document (NAME.yaml), a patch (NAME.patch) and the text that comes out (NAME.want).
func TestApply(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/apply.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, file := range archive.Files {
		files[file.Name] = string(file.Data)
	}
	for _, file := range archive.Files {
		name, isCase := strings.CutSuffix(file.Name, ".yaml")
		if !isCase {
			continue
		}
		t.Run(name, func(t *testing.T) {
			var operations []decision.Operation
			if err := json.Unmarshal([]byte(files[name+".patch"]), &operations); err != nil {
				t.Fatal(err)
			}
			text, object, err := Apply([]byte(files[name+".yaml"]), operations)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(files[name+".want"], string(text)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if !means(text, object) {
				t.Errorf("the text does not mean %s", object)
			}
		})
	}
}

// TestLineEnds: lines end as those of the document do.
func TestLineEnds(t *testing.T) {
	operations := []decision.Operation{decision.Add("/list/1", json.RawMessage(`"b"`))}
	for name, test := range map[string]struct{ document, want string }{
		"as in Windows":   {"# c\r\nlist:\r\n  - a   # first\r\ntext: |\r\n  x\r\n", "# c\r\nlist:\r\n  - a   # first\r\n  - b\r\ntext: |\r\n  x\r\n"},
		"some as there":   {"# c\r\nlist:\n  - a\n", "# c\r\nlist:\n  - a\n  - b\n"},
		"without an end":  {"list: [a]", "list: [a, b]\n"},
		"without a break": {"list: [\"a\\r\\n\"]\r\n", "list: [\"a\\r\\n\", b]\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			text, object, err := Apply([]byte(test.document), operations)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(text)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if !means(text, object) {
				t.Errorf("the text does not mean %s", object)
			}
		})
	}
}

func TestApplyFails(t *testing.T) {
	for name, test := range map[string]struct {
		document  string
		operation decision.Operation
	}{
		"not YAML":           {"a: [", decision.Remove("/a")},
		"nothing to replace": {"a: 1", decision.Replace("/b", json.RawMessage("1"))},
		"no such parent":     {"a: 1", decision.Add("/b/c", json.RawMessage("1"))},
		"no such place":      {"a: [1]", decision.Add("/a/5", json.RawMessage("1"))},
	} {
		t.Run(name, func(t *testing.T) {
			if text, _, err := Apply([]byte(test.document), []decision.Operation{test.operation}); err == nil {
				t.Errorf("got %s, want an error", text)
			}
		})
	}
}

// FuzzApply: whatever the document looks like, the text means what the patch makes of it, and strings stay strings.
func FuzzApply(f *testing.F) {
	f.Add("a: 1\n", "x")
	f.Add("# c\na: &x {b: [1,2]}\nc: *x\n", "yes")
	f.Add("a:\n- b: |\n    text\n  c: 'd'\n", "1e3")
	f.Add("{\"a\": {\"b\": 1.50}}", "a\nb ")
	f.Add("a: !!binary aGVsbG8=\n", "\u2028")
	f.Add("a: &x {b: 1}\r\nadded: *x\r\nc: {<<: [*x, {d: 1}]}\r\n", "y")
	f.Fuzz(func(t *testing.T, document, value string) {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		original, err := yaml.YAMLToJSONStrict([]byte(document))
		if err != nil || !strings.HasPrefix(string(original), "{") {
			t.Skip("no YAML object")
		}
		operations := []decision.Operation{
			decision.Add("/added", json.RawMessage(`{"list":[]}`)),
			decision.Add("/added/list/0", encoded),
			decision.Add("/added/list/0", json.RawMessage(`{"`+`name":`+string(encoded)+`}`)),
		}
		text, object, err := Apply([]byte(document), operations)
		if err != nil {
			t.Fatal(err)
		}
		if !means(text, object) {
			t.Errorf("%q does not mean %s", text, object)
		}
	})
}
