package chart

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "rewrite the plain manifests in deploy/ and the table of values in the chart's README.md")

const (
	tableBegins = "<!-- The table is generated from values.yaml: cd test && go test ./chart -run '^TestReadme$' -update -->\n"
	tableEnds   = "<!-- End of the table. -->\n"
)

// TestReadme keeps the table of values in README.md equal to the comments and defaults of values.yaml.
func TestReadme(t *testing.T) {
	path := filepath.Join(chartDir(), "README.md")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(content), tableBegins)
	_, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table between %q and %q", path, tableBegins, tableEnds)
	}
	want := before + tableBegins + valuesTable(t) + tableEnds + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(content)); diff != "" {
		t.Errorf("README.md does not come from values.yaml, run the command that it names (-want +got):\n%s", diff)
	}
}

// valuesTable describes every value by the comment above it.
func valuesTable(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartDir(), "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defaults := map[string]any{}
	if err := yaml.Unmarshal(text, &defaults); err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("\n| value | default | what it is |\n|---|---|---|\n")
	comments := commentsByKey(string(text))
	for _, key := range comments.keys {
		value := ""
		if !comments.hasDocumentedMembers(key) {
			encoded, err := json.Marshal(lookUp(defaults, key))
			if err != nil {
				t.Fatal(err)
			}
			value = "`" + string(encoded) + "`"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", key, value, comments.text[key])
	}
	for _, leaf := range leaves(defaults, "") {
		if !comments.covers(leaf) {
			t.Errorf("values.yaml: %s has no comment above it", leaf)
		}
	}
	table.WriteString("\n")
	return table.String()
}

// documented are the keys of a YAML text that have a comment directly above them, as dotted paths in the order of the text.
type documented struct {
	keys []string
	text map[string]string
}

var keyLine = regexp.MustCompile(`^( *)([A-Za-z][A-Za-z0-9]*):`)

func commentsByKey(text string) documented {
	found := documented{text: map[string]string{}}
	var path, comment []string
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if said, is := strings.CutPrefix(trimmed, "# "); is {
			comment = append(comment, said)
			continue
		}
		if key := keyLine.FindStringSubmatch(line); key != nil {
			path = append(path[:min(len(key[1])/2, len(path))], key[2])
			if comment != nil {
				name := strings.Join(path, ".")
				found.keys = append(found.keys, name)
				found.text[name] = strings.Join(comment, " ")
			}
		}
		comment = nil
	}
	return found
}

func (d documented) hasDocumentedMembers(key string) bool {
	return slices.ContainsFunc(d.keys, func(other string) bool { return strings.HasPrefix(other, key+".") })
}

// covers tells whether the key or what it is a member of is documented without documented members of its own.
func (d documented) covers(key string) bool {
	return slices.ContainsFunc(d.keys, func(other string) bool {
		return !d.hasDocumentedMembers(other) && (key == other || strings.HasPrefix(key, other+"."))
	})
}

func lookUp(values map[string]any, key string) any {
	var value any = values
	for name := range strings.SplitSeq(key, ".") {
		value = value.(map[string]any)[name]
	}
	return value
}

// leaves are the dotted paths of all that is no map with members.
func leaves(values map[string]any, prefix string) (paths []string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if members, is := values[key].(map[string]any); is && len(members) > 0 {
			paths = append(paths, leaves(members, prefix+key+".")...)
		} else {
			paths = append(paths, prefix+key)
		}
	}
	return paths
}

// TestSchemaKnowsWhatIsThere: the schema has no value that the chart has not. Helm itself checks the other direction whenever it renders.
func TestSchemaKnowsWhatIsThere(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(chartDir(), "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties           map[string]json.RawMessage `json:"properties"`
		AdditionalProperties any                        `json:"additionalProperties"`
	}
	defaults := map[string]any{}
	content, err := os.ReadFile(filepath.Join(chartDir(), "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, &defaults); err != nil {
		t.Fatal(err)
	}
	free := []string{".featureGates", ".resources", ".dashboard.labels"} // whose keys are the user's, or tested elsewhere
	var check func(path string, text json.RawMessage, values map[string]any)
	check = func(path string, text json.RawMessage, values map[string]any) {
		var s schema
		if err := json.Unmarshal(text, &s); err != nil {
			t.Fatal(path, err)
		}
		if s.AdditionalProperties != false {
			t.Errorf("schema: %q lets unknown values through", path)
		}
		for name, member := range s.Properties {
			value, known := values[name]
			if !known && path+name != "global" { // Helm's own
				t.Errorf("schema: %s.%s is no value of the chart", path, name)
			}
			if members, is := value.(map[string]any); is && len(members) > 0 && !slices.Contains(free, path+"."+name) {
				check(path+"."+name, member, members)
			}
		}
	}
	check("", text, defaults)
}
