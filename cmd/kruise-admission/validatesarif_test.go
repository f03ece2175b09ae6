package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sarifManifests = `# web
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: good}
spec:
  selector: {matchLabels: {app: web}}
  containers:
  - name: agent
    image: agent:1
---

# two lines further
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSetList
items:
- metadata:
    name: wrong
  spec:
    containers:
    - name: agent
      image: agent:1
      podInjectPolicy: Sideways
---
apiVersion: apps.kruise.io/v1beta1
kind: Unheard
metadata: {name: of}
`

// sarifOf runs validate and reads what it prints.
func sarifOf(t *testing.T, manifests string, wantCode int) map[string]any {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("with space.yaml", []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, code := command(t, "validate", "-f", "with space.yaml", "-o", "sarif")
	if code != wantCode {
		t.Errorf("exit code %d, want %d: %s", code, wantCode, stderr)
	}
	var log map[string]any
	if err := json.Unmarshal([]byte(stdout), &log); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	return log
}

// TestSARIF checks which results there are, and at which places.
func TestSARIF(t *testing.T) {
	log := sarifOf(t, sarifManifests, exitRefused)
	var got []string
	for _, result := range listAt(t, log, "runs", 0, "results") {
		got = append(got, fmt.Sprint(at(t, result, "ruleId"), " ", at(t, result, "level"), " line ", at(t, result, "locations", 0, "physicalLocation", "region", "startLine"),
			" column ", at(t, result, "locations", 0, "physicalLocation", "region", "startColumn")))
		if uri := at(t, result, "locations", 0, "physicalLocation", "artifactLocation", "uri"); uri != "with%20space.yaml" {
			t.Errorf("uri %v", uri)
		}
	}
	slices.Sort(got)
	got = slices.DeleteFunc(got, func(line string) bool { return strings.HasPrefix(line, ruleWarning) }) // advice, which may grow
	want := []string{
		"CannotTell warning line 24 column 1",
		"FieldValueInvalid error line 22 column 7",
		"FieldValueRequired error line 18 column 3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if at(t, log, "runs", 0, "invocations", 0, "executionSuccessful") != false {
		t.Error("the run counts as successful although an object has no verdict")
	}
}

// TestSARIFIsWellFormed looks at what the schema of SARIF 2.1.0 cannot say: that results name rules which are there. test/cli holds the whole against
// the schema.
func TestSARIFIsWellFormed(t *testing.T) {
	for name, log := range map[string]map[string]any{
		"findings": sarifOf(t, sarifManifests, exitRefused),
		"nothing":  sarifOf(t, strings.SplitN(sarifManifests, "---", 2)[0], 0),
	} {
		t.Run(name, func(t *testing.T) {
			if at(t, log, "version") != "2.1.0" || !strings.Contains(fmt.Sprint(at(t, log, "$schema")), "sarif-2.1.0") {
				t.Errorf("version %v, schema %v", at(t, log, "version"), at(t, log, "$schema"))
			}
			for _, run := range listAt(t, log, "runs") {
				if at(t, run, "tool", "driver", "name") != program {
					t.Errorf("driver %v", at(t, run, "tool", "driver"))
				}
				if home, err := url.Parse(fmt.Sprint(at(t, run, "tool", "driver", "informationUri"))); err != nil || !home.IsAbs() {
					t.Errorf("informationUri %v, error %v", home, err)
				}
				rules := listAt(t, run, "tool", "driver", "rules")
				ids := map[any]bool{}
				for _, rule := range rules {
					id := at(t, rule, "id")
					if id == "" || ids[id] || at(t, rule, "shortDescription", "text") == "" {
						t.Errorf("rule %v is empty or there twice", rule)
					}
					ids[id] = true
				}
				for _, invocation := range listAt(t, run, "invocations") {
					if _, isBool := at(t, invocation, "executionSuccessful").(bool); !isBool {
						t.Errorf("invocation %v", invocation)
					}
				}
				for _, result := range listAt(t, run, "results") {
					index := int(at(t, result, "ruleIndex").(float64))
					if index >= len(rules) || at(t, rules[index], "id") != at(t, result, "ruleId") {
						t.Errorf("result %v does not name its rule", result)
					}
					if !slices.Contains([]any{"none", "note", "warning", "error"}, at(t, result, "level")) || at(t, result, "message", "text") == "" {
						t.Errorf("result %v", result)
					}
					if line := at(t, result, "locations", 0, "physicalLocation", "region", "startLine").(float64); line < 1 {
						t.Errorf("line %v", line)
					}
				}
			}
		})
	}
}

// at follows members and indices of decoded JSON.
func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			member, ok := object[step]
			if !ok {
				t.Fatalf("%v: there is no %q", path, step)
			}
			value = member
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				t.Fatalf("%v: there is no element %d", path, step)
			}
			value = list[step]
		}
	}
	return value
}

func listAt(t *testing.T, value any, path ...any) []any {
	t.Helper()
	list, ok := at(t, value, path...).([]any)
	if !ok {
		t.Fatalf("%v is no list", path)
	}
	return list
}

func TestFieldPath(t *testing.T) {
	for field, want := range map[string][]string{
		"":     nil,
		"spec": {"spec"},
		"spec.template.spec.containers[0].env[1].value": {"spec", "template", "spec", "containers", "0", "env", "1", "value"},
		"metadata.annotations[kruise.io/a.b].c":         {"metadata", "annotations", "kruise.io/a.b", "c"},
		"a[0][1]":                                       {"a", "0", "1"},
		"a[unfinished":                                  {"a", "unfinished"},
		"..a":                                           {"a"},
	} {
		if diff := cmp.Diff(want, fieldPath(field)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
}

func TestFileURI(t *testing.T) {
	absolute := filepath.Join(t.TempDir(), "a b.yaml")
	for file, want := range map[string]string{
		"a/b.yaml": "a/b.yaml", "a:b.yaml": "./a:b.yaml", "ä ö.yaml": "%C3%A4%20%C3%B6.yaml",
		absolute: "file://" + strings.ReplaceAll(filepath.ToSlash(absolute), " ", "%20"), "standard input": "standard%20input",
	} {
		if got := fileURI(file); got != want {
			t.Errorf("%s is %s, want %s", file, got, want)
		}
	}
}

// TestPlaces finds lines and columns in what is written in other ways. It looks at the last object.
func TestPlaces(t *testing.T) {
	for name, test := range map[string]struct {
		text, field  string
		line, column int
	}{
		"JSON":                         {"{\n \"apiVersion\": \"v1\",\n \"kind\": \"Pod\",\n \"spec\": {\n  \"x\": 1}}", "spec.x", 5, 3},
		"behind another value of JSON": {"{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}\n{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\"} {\"apiVersion\": \"v1\", \"kind\": \"Pod\"}", "kind", 3, 38},
		"an anchor":                    {"apiVersion: v1\nkind: Pod\nspec: &a\n  x: 1\nother: *a\n", "other.x", 4, 3},
		"a flow, behind letters":       {"apiVersion: v1\nkind: Pod\nspec: {é: 1, x: 2}\n", "spec.x", 3, 14},
		"an element":                   {"apiVersion: v1\nkind: Pod\nlist:\n  - a\n  - b\n", "list[1]", 5, 5},
		"lines that end as in Windows": {"apiVersion: v1\r\nkind: Pod\r\nspec:\r\n  x: 1\r\n", "spec.x", 4, 3},
		"a byte order mark":            {"\xef\xbb\xbfapiVersion: v1\nkind: Pod\n", "apiVersion", 1, 1},
		"behind the marker":            {"--- {apiVersion: v1, kind: Pod}\n", "kind", 1, 22},
		"the second document":          {"apiVersion: v1\nkind: Pod\n---\n# c\n\napiVersion: v1\nkind: Pod\n", "kind", 7, 1},
		"what is not there":            {"apiVersion: v1\nkind: Pod\nspec:\n  x: 1\n", "spec.y.z", 3, 1},
		"an index too large":           {"apiVersion: v1\nkind: Pod\nlist:\n- 1\n", "list[7]", 3, 1},
		"the object as a whole":        {"\n\napiVersion: v1\nkind: Pod\n", "", 3, 1},
	} {
		documents, err := splitDocuments("f", []byte(test.text))
		if err != nil {
			t.Fatal(err)
		}
		objects, err := objectsOf(documents)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if line, column := objects[len(objects)-1].placeOf(test.field); line != test.line || column != test.column {
			t.Errorf("%s: line %d, column %d, want %d and %d", name, line, column, test.line, test.column)
		}
	}
}
