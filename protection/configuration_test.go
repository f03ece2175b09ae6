package protection

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const header = "apiVersion: config.kruise-admission.io/v1alpha1\nkind: DeleteProtection\n"

// configured makes a Table of a configuration without its first lines.
func configured(t testing.TB, text string) *Table {
	t.Helper()
	table, err := ParseConfiguration([]byte(header + text))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// A file that says nothing changes nothing.
func TestEmptyConfigurationIsTheDefault(t *testing.T) {
	for name, text := range map[string]string{
		"header alone":     header,
		"empty lists":      header + "rules: []\nnamespaces: []\n",
		"after a comment":  "# protection\n---\n" + header,
		"before a comment": header + "---\n# the end\n",
		"JSON":             `{"apiVersion":"config.kruise-admission.io/v1alpha1","kind":"DeleteProtection"}`,
	} {
		got, err := ParseConfiguration([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(Default().Rules(), got.Rules(), cmp.AllowUnexported(Rule{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.BreaksGlass() || got.Guarded() || got.instanceGroups != nil || got.namespaces != nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestConfiguredRules(t *testing.T) {
	table := configured(t, `
rules:
- resources: [{group: "", resource: persistentvolumeclaims, kind: PersistentVolumeClaim, versions: [v1]}]
  cascading: {mountedBy: {}}
- resources: [{group: db.example.com, resource: databases, kind: Database, versions: [v1, v2]}]
  cascading: {replicas: {path: spec.size}}
  mode: Warn
- resources: [{resource: services}]
  cascading: {readyEndpoints: {}}
- resources: [{group: apps, resource: deployments}]
  mode: Audit
`)
	want := Default().Rules()
	for i := range want {
		switch want[i].GroupResource().String() {
		case "services":
			want[i].Cascading = Meaning{Method: ByReadyEndpoints}
		case "deployments.apps":
			want[i].Mode = Audit
		}
	}
	want = append(want,
		Rule{Resource: "persistentvolumeclaims", Kind: "PersistentVolumeClaim", Versions: []string{"v1"}, Cascading: Meaning{Method: ByMounts}, Mode: Enforce, configured: true},
		Rule{Group: "db.example.com", Resource: "databases", Kind: "Database", Versions: []string{"v1", "v2"},
			Cascading: Meaning{Method: ByReplicas, Path: []string{"spec", "size"}}, Mode: Warn, configured: true})
	if diff := cmp.Diff(want, table.Rules(), cmp.AllowUnexported(Rule{})); diff != "" {
		t.Error(diff)
	}
}

func TestConfiguredWaysAround(t *testing.T) {
	table := configured(t, `
breakGlass: {groups: [oncall], annotation: {maxDuration: 90m}}
labelGuard: {users: [root], groups: [admins]}
crdInstances: {groups: []}
namespaces: [{selector: {}, mode: Audit}]
`)
	if !table.BreaksGlass() || table.breakGlass.maxDuration != 90*time.Minute || !table.Guarded() {
		t.Errorf("%+v", table)
	}
	if table.instanceGroups == nil || len(table.instanceGroups) != 0 {
		t.Errorf("an empty list of groups became %#v", table.instanceGroups)
	}
}

// TestConfigurationIsStrict: what is not understood is an error at the start, not a protection that is not there.
func TestConfigurationIsStrict(t *testing.T) {
	const pvc = `{group: "", resource: persistentvolumeclaims, kind: PersistentVolumeClaim, versions: [v1]}`
	rule := func(resource, rest string) string {
		return header + "rules: [{resources: [" + resource + "], " + rest + "}]\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":                {"", "the file is empty"},
		"comments alone":       {"# nothing\n", "the file is empty"},
		"two documents":        {header + "---\n" + header, "more than one YAML document"},
		"not YAML":             {header + "rules: [", "not YAML"},
		"a list":               {"- a\n", "not a DeleteProtection configuration"},
		"another kind":         {"apiVersion: config.kruise-admission.io/v1alpha1\nkind: Protection\n", `kind "Protection": unsupported, expected`},
		"another version":      {"apiVersion: config.kruise-admission.io/v1\nkind: DeleteProtection\n", `apiVersion "config.kruise-admission.io/v1"`},
		"no kind":              {"rules: []\n", `kind "": unsupported`},
		"unknown member":       {header + "rule: []\n", `unknown field "rule"`},
		"member in other case": {header + "Rules: []\n", `unknown field "Rules"`},
		"unknown deep member":  {rule(pvc, "cascading: {mountedBy: {pods: 1}}"), `unknown field "rules[0].cascading.mountedBy.pods"`},
		"something behind":     {"{apiVersion: config.kruise-admission.io/v1alpha1, kind: DeleteProtection}\nrules: []\n", "yaml: line 2: there is something after the end"},
		"repeated in JSON":     {`{"apiVersion":"config.kruise-admission.io/v1alpha1","kind":"DeleteProtection","rules":[],"rules":[]}`, `duplicate field "rules"`},
		"repeated member":      {header + "rules: []\nrules: []\n", `"rules" already set`},
		"wrong type":           {header + "rules: 3\n", "not a DeleteProtection configuration"},

		"no resources":              {header + "rules: [{cascading: {none: {}}}]\n", "rules[0].resources: Required value"},
		"resource twice in a rule":  {rule(pvc+", "+pvc, "cascading: {none: {}}"), `rules[0].resources[1]: Duplicate value: "persistentvolumeclaims"`},
		"built-in resource twice":   {header + "rules: [{resources: [{resource: services}]}, {resources: [{resource: services}]}]\n", `rules[1].resources[0]: Duplicate value: "services"`},
		"wildcard group":            {rule(`{group: "*", resource: things, kind: Thing, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].group: Invalid value: "*"`},
		"core by name":              {rule(`{group: core, resource: secrets, kind: Secret, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].group: Invalid value: "core": must be the group of an API`},
		"misspelt group":            {rule(`{group: app, resource: daemonsets, kind: DaemonSet, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].group: Invalid value: "app"`},
		"group with version":        {rule(`{group: apps/v1, resource: daemonsets, kind: DaemonSet, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].group: Invalid value: "apps/v1"`},
		"wildcard resource":         {rule(`{group: a.io, resource: "*", kind: Thing, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].resource: Invalid value: "*"`},
		"subresource":               {rule(`{group: a.io, resource: things/scale, kind: Thing, versions: [v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].resource: Invalid value: "things/scale"`},
		"no kind of a resource":     {rule(`{group: a.io, resource: things, versions: [v1]}`, "cascading: {none: {}}"), "rules[0].resources[0].kind: Invalid value"},
		"no versions":               {rule(`{group: a.io, resource: things, kind: Thing}`, "cascading: {none: {}}"), "rules[0].resources[0].versions: Required value"},
		"bad version":               {rule(`{group: a.io, resource: things, kind: Thing, versions: ["1"]}`, "cascading: {none: {}}"), `rules[0].resources[0].versions[0]: Invalid value: "1"`},
		"version twice":             {rule(`{group: a.io, resource: things, kind: Thing, versions: [v1, v1]}`, "cascading: {none: {}}"), `rules[0].resources[0].versions[1]: Duplicate value: "v1"`},
		"kind of another resource":  {rule(`{group: apps, resource: things, kind: Deployment, versions: [v1]}`, "cascading: {none: {}}"), "is the kind of another resource of this group"},
		"webhooks are not called":   {rule(`{group: admissionregistration.k8s.io, resource: validatingwebhookconfigurations, kind: ValidatingWebhookConfiguration, versions: [v1]}`, "cascading: {none: {}}"), "calls no webhook for this group"},
		"kind of a built-in one":    {rule(`{group: apps, resource: deployments, kind: Deploy}`, "mode: Warn"), `rules[0].resources[0].kind: Invalid value: "Deploy": is Deployment`},
		"version of a built-in one": {rule(`{group: apps, resource: deployments, versions: [v2]}`, "mode: Warn"), "rules[0].resources[0].versions: Invalid value"},
		"unknown mode":              {rule(pvc, "cascading: {none: {}}, mode: warn"), `rules[0].mode: Unsupported value: "warn"`},

		"no cascading":         {rule(pvc, "mode: Warn"), "rules[0].cascading: Required value"},
		"empty cascading":      {rule(pvc, "cascading: {}"), "rules[0].cascading: Invalid value: 0: must have exactly one of"},
		"cascading is null":    {rule(pvc, "cascading: {none: null}"), "rules[0].cascading: Invalid value: 0"},
		"two meanings":         {rule(pvc, "cascading: {none: {}, mountedBy: {}}"), "rules[0].cascading: Invalid value: 2"},
		"content of a claim":   {rule(pvc, "cascading: {content: {}}"), `rules[0].cascading.content: Invalid value: "persistentvolumeclaims": has this meaning only for namespaces`},
		"mounts of a Service":  {rule(`{resource: services}`, "cascading: {mountedBy: {}}"), `rules[0].cascading.mountedBy: Invalid value: "services"`},
		"endpoints of a claim": {rule(pvc, "cascading: {readyEndpoints: {}}"), "has this meaning only for services"},
		"no path":              {rule(pvc, "cascading: {replicas: {}}"), `rules[0].cascading.replicas.path: Invalid value: ""`},
		"path with an index":   {rule(pvc, "cascading: {replicas: {path: 'spec.sizes[0]'}}"), `Invalid value: "spec.sizes[0]"`},
		"path with a dash":     {rule(pvc, "cascading: {replicas: {path: spec.my-size}}"), `Invalid value: "spec.my-size"`},
		"path ends in a dot":   {rule(pvc, "cascading: {replicas: {path: spec.}}"), `Invalid value: "spec."`},

		"namespaces without selector": {header + "namespaces: [{mode: Warn}]\n", "namespaces[0].selector: Required value"},
		"namespaces without mode":     {header + "namespaces: [{selector: {}}]\n", "namespaces[0].mode: Required value"},
		"namespaces, bad operator":    {header + "namespaces: [{selector: {matchExpressions: [{key: a, operator: Is}]}, mode: Warn}]\n", `namespaces[0].selector.matchExpressions[0].operator: Invalid value: "Is"`},
		"namespaces, bad value":       {header + "namespaces: [{selector: {matchLabels: {a: 'b c'}}, mode: Warn}]\n", `namespaces[0].selector.matchLabels: Invalid value: "b c"`},
		"two unknown members":         {header + "rule: []\nbreakglass: {}\n", `unknown field "breakglass"; unknown field "rule"`},
		"namespaces, unknown member":  {header + "namespaces: [{selector: {matchlabels: {a: b}}, mode: Warn}]\n", `unknown field "namespaces[0].selector.matchlabels"`},

		"break-glass for nobody":     {header + "breakGlass: {}\n", "breakGlass: Required value"},
		"break-glass for everybody":  {header + "breakGlass: {groups: ['system:authenticated']}\n", "nearly everybody is in this group"},
		"break-glass, empty group":   {header + "breakGlass: {groups: ['']}\n", "breakGlass.groups[0]: Invalid value"},
		"break-glass, group twice":   {header + "breakGlass: {groups: [a, a]}\n", "breakGlass.groups[1]: Duplicate value"},
		"break-glass, no duration":   {header + "breakGlass: {annotation: {}}\n", `breakGlass.annotation.maxDuration: Invalid value: "": must be a time such as 90m`},
		"break-glass, long duration": {header + "breakGlass: {annotation: {maxDuration: 25h}}\n", `breakGlass.annotation.maxDuration: Invalid value: "25h"`},
		"break-glass, bad duration":  {header + "breakGlass: {annotation: {maxDuration: 1d}}\n", `breakGlass.annotation.maxDuration: Invalid value: "1d"`},
		"guard for nobody":           {header + "labelGuard: {}\n", "labelGuard: Required value"},
		"guard, user twice":          {header + "labelGuard: {users: [a, a]}\n", "labelGuard.users[1]: Duplicate value"},
		"no content":                 {header + "namespaceContent: {}\n", "namespaceContent.resources: Required value"},
		"content twice":              {header + "namespaceContent: {resources: [{resource: services}, {resource: services}]}\n", `namespaceContent.resources[1]: Duplicate value: "services"`},
		"content that is not kept":   {header + "namespaceContent: {resources: [{resource: secrets}]}\n", `namespaceContent.resources[0]: Invalid value: "secrets": is not protected; add a rule for it`},
		"content in no namespace":    {header + "namespaceContent: {resources: [{resource: namespaces}]}\n", `"namespaces": is in no namespace`},
		"definitions as content":     {header + "namespaceContent: {resources: [{group: apiextensions.k8s.io, resource: customresourcedefinitions}]}\n", "is in no namespace"},
		"instances of core":          {header + "crdInstances: {groups: [apps]}\n", `crdInstances.groups[0]: Invalid value: "apps"`},
		"instances of everything":    {header + "crdInstances: {groups: ['*']}\n", `crdInstances.groups[0]: Invalid value: "*"`},
	} {
		t.Run(name, func(t *testing.T) {
			table, err := ParseConfiguration([]byte(c.text))
			if err == nil {
				t.Fatalf("accepted: %+v", table)
			}
			if table != nil {
				t.Error("a table comes with the error")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, want %q", err, c.want)
			}
		})
	}
}

// Whoever corrects a file wants to hear everything at once.
func TestAllMistakesAreNamed(t *testing.T) {
	_, err := ParseConfiguration([]byte(header + "rules: [{mode: Never}]\nnamespaces: [{}]\nbreakGlass: {}\n"))
	for _, want := range []string{"rules[0].resources", "rules[0].mode", "namespaces[0].selector", "namespaces[0].mode", "breakGlass"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func FuzzParseConfiguration(f *testing.F) {
	f.Add([]byte(header))
	f.Add([]byte(header + "rules: [{resources: [{resource: services}], cascading: {readyEndpoints: {}}, mode: Warn}]\n"))
	f.Add([]byte(header + "namespaces: [{selector: {matchLabels: {a: b}}, mode: Audit}]\nbreakGlass: {groups: [a]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := ParseConfiguration(text)
		if (table == nil) != (err != nil) {
			t.Fatalf("%v, %v", table, err)
		}
		if err == nil {
			table.Twin(nil)
			table.Rights()
		}
	})
}

// The example of the documentation is what users copy.
func TestDocumentedConfiguration(t *testing.T) {
	text, err := os.ReadFile("../docs/protection.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	example, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("docs/protection.md has no example of a configuration")
	}
	table, err := ParseConfiguration([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if !table.BreaksGlass() || !table.Guarded() || len(table.namespaces) != 1 || len(table.rules) != len(builtIn())+2 {
		t.Errorf("got %+v", table)
	}
}
