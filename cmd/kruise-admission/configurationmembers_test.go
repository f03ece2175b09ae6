package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/protection"
)

// everyMember is a configuration file with every member but those of which there can be only one.
const everyMember = `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: "", resource: services, kind: Service, versions: [v1]}]
  cascading: {replicas: {path: spec.size}}
  mode: Enforce
namespaces: [{selector: {}, mode: Warn}]
breakGlass: {groups: [oncall], annotation: {maxDuration: 1h}}
labelGuard: {users: [root], groups: [admins]}
namespaceContent: {resources: [{group: "", resource: services}]}
crdInstances: {groups: [db.example.com]}
`

// TestMarkersOfConfiguration: what the reference says of required members, of those of which there must be exactly one, and of defaults, is
// what the parser does.
func TestMarkersOfConfiguration(t *testing.T) {
	members, err := readSource(t, "../../protection").Members("Configuration")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := parseChanged(t, func(map[string]any) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range members {
		path := strings.Split(strings.ReplaceAll(member.Path, "[]", ""), ".")
		name := path[len(path)-1]
		present := false
		without, err := parseChanged(t, func(file map[string]any) {
			parent := parentOf(file, path)
			_, present = parent[name]
			delete(parent, name)
		})
		_, required := member.Markers["required"]
		_, union := member.Markers["unionMember"]
		_, defaulted := member.Markers["default"]
		switch {
		case !present && !union:
			t.Errorf("%s is missing in the example of this test", member.Path)
		case !present:
			_, err := parseChanged(t, func(file map[string]any) { parentOf(file, path)[name] = map[string]any{} })
			if err == nil || !strings.Contains(err.Error(), "exactly one of") {
				t.Errorf("with a second of %s: %v", member.Path, err)
			}
		case (required || union) != (err != nil):
			t.Errorf("without %s, which has the markers %v: %v", member.Path, member.Markers, err)
		case defaulted && !reflect.DeepEqual(without, whole):
			t.Errorf("the default of %s is not %q", member.Path, member.Markers["default"])
		}
	}
}

// parseChanged parses everyMember after a change.
func parseChanged(t *testing.T, change func(file map[string]any)) (*protection.Table, error) {
	t.Helper()
	var file map[string]any
	if err := yaml.Unmarshal([]byte(everyMember), &file); err != nil {
		t.Fatal(err)
	}
	change(file)
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return protection.ParseConfiguration(text)
}

// parentOf is the object that holds a member, in lists the one of the first item.
func parentOf(file map[string]any, path []string) map[string]any {
	for _, name := range path[:len(path)-1] {
		switch value := file[name].(type) {
		case map[string]any:
			file = value
		case []any:
			file = value[0].(map[string]any)
		}
	}
	return file
}
