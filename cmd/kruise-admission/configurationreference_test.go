package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/internal/sourcedoc"
	"github.com/kruise-admission/kruise-admission/protection"
)

const configurationDocument = "../../docs/configuration.md"

// generatedPart is what `make generate` writes into a document, with its name and the markers around it.
var generatedPart = regexp.MustCompile(`(?s)<!-- begin: ([a-z ]+), written by make generate -->\n.*?<!-- end -->\n`)

// TestConfigurationReference keeps the tables of docs/configuration.md equal to the flags, the types of the configuration file, and the
// names that are declared in the sources; `make generate` rewrites them.
func TestConfigurationReference(t *testing.T) {
	t.Setenv(podNamespaceEnv, "")
	parts := map[string]string{
		"flags":                  flagReference(t),
		"configuration file":     memberReference(t),
		"settings":               settingsReference(t),
		"environment":            environmentReference(t),
		"labels and annotations": keyReference(t),
	}
	text, err := os.ReadFile(configurationDocument)
	if err != nil {
		t.Fatal(err)
	}
	got := generatedPart.ReplaceAllStringFunc(string(text), func(found string) string {
		name := generatedPart.FindStringSubmatch(found)[1]
		part, known := parts[name]
		if !known {
			t.Fatalf("%s asks for %q, of which nothing is known", configurationDocument, name)
		}
		delete(parts, name)
		return "<!-- begin: " + name + ", written by make generate -->\n" + part + "<!-- end -->\n"
	})
	for name := range parts {
		t.Errorf("%s has no place for %q", configurationDocument, name)
	}
	compareGolden(t, configurationDocument, got)
}

// row is a row of a table. A | in a cell would end it.
func row(cells ...string) string {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

func code(text string) string { return "`" + text + "`" }

func codes(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = code(text)
	}
	return strings.Join(quoted, ", ")
}

// flagReference is a table of the flags of serve for each group of them.
func flagReference(t *testing.T) string {
	options := &serveOptions{}
	values := options.complete()
	var b strings.Builder
	for _, group := range options.flagGroups() {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		flags.SortFlags = false
		group.add(flags)
		fmt.Fprintf(&b, "\n**%s**\n\n| flag | type | default | meaning |\n|---|---|---|---|\n", group.name)
		flags.VisitAll(func(flag *pflag.Flag) {
			_, usage := pflag.UnquoteUsage(flag)
			kind := flagType(t, flag)
			if known := values[flag.Name]; known != nil {
				kind = codes(known)
			}
			b.WriteString(row(code("--"+flag.Name), kind, flagDefault(flag), usage))
		})
	}
	return b.String() + "\n"
}

// flagType is how the type of a flag is called in documents.
func flagType(t *testing.T, flag *pflag.Flag) string {
	name, known := map[string]string{
		"string": "text", "bool": "`true`, `false`", "int": "number", "duration": "duration", "stringArray": "text, repeatable",
		"stringSlice": "list with commas, repeatable",
	}[flag.Value.Type()]
	if !known {
		t.Errorf("--%s is of type %s, which the reference does not know", flag.Name, flag.Value.Type())
	}
	return name
}

func flagDefault(flag *pflag.Flag) string {
	value := flag.DefValue
	if strings.HasPrefix(flag.Value.Type(), "string") {
		value = strings.Trim(value, "[]") // of lists
	}
	if value == "" {
		return ""
	}
	return code(value)
}

// memberReference is the table of the configuration file.
func memberReference(t *testing.T) string {
	source := readSource(t, "../../protection")
	var modes []string
	meanings := "\n| mode | a delete that is against the rule |\n|---|---|\n"
	for _, declared := range source.Declared() {
		if declared.Type == "Mode" {
			modes = append(modes, declared.Values[0])
			meanings += row(code(declared.Values[0]), described(t, declared))
		}
	}
	var b strings.Builder
	b.WriteString("\n| member | type | default | meaning |\n|---|---|---|---|\n")
	b.WriteString(row(code("apiVersion"), "text", "required", code(protection.ConfigurationAPIVersion)))
	b.WriteString(row(code("kind"), "text", "required", code(protection.ConfigurationKind)))
	members, err := source.Members("Configuration")
	if err != nil {
		t.Fatal(err)
	}
	for _, member := range members {
		kind, known := map[string]string{
			"string": "text", "[]string": "list of texts", "struct{}": "`{}`", "metav1.Duration": "duration", "metav1.LabelSelector": "label selector",
			"Mode": codes(modes),
		}[member.Type]
		switch {
		case known:
		case strings.HasSuffix(member.Type, "Configuration") && strings.HasPrefix(member.Type, "[]"):
			kind = "list of objects"
		case strings.HasSuffix(member.Type, "Configuration"):
			kind = "object"
		default:
			t.Errorf("%s is of type %s, which the reference does not know", member.Path, member.Type)
		}
		if member.Doc == "" {
			t.Errorf("%s lacks a comment", member.Path)
		}
		byDefault := ""
		if value, set := member.Markers["default"]; set {
			byDefault = code(`"` + value + `"`)
		} else if _, set := member.Markers["required"]; set {
			byDefault = "required"
		} else if _, set := member.Markers["unionMember"]; set {
			byDefault = "exactly one of these"
		}
		b.WriteString(row(code(member.Path), kind, byDefault, member.Doc))
	}
	return b.String() + meanings + "\n"
}

// settingsReference is the table of what the settings ConfigMap may hold.
func settingsReference(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n| key | meaning |\n|---|---|\n")
	for _, declared := range readSource(t, "../../api").Declared() {
		if strings.HasSuffix(declared.Values[0], "_WhiteList") {
			b.WriteString(row(code(declared.Values[0]), described(t, declared)))
		}
	}
	return b.String() + "\n"
}

// environmentReference is the table of the variables that the program itself looks at.
func environmentReference(t *testing.T) string {
	var b strings.Builder
	b.WriteString("\n| variable | meaning |\n|---|---|\n")
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || strings.Contains(string(text), "os.Getenv"+`("`) {
			t.Errorf("%s looks at a variable that is not declared, or cannot be read: %v", file, err)
		}
	}
	for _, declared := range readSource(t, ".").Declared() {
		if strings.HasSuffix(declared.Name, "Env") {
			b.WriteString(row(code(declared.Values[0]), described(t, declared)))
		}
	}
	return b.String() + "\n"
}

// productFolders hold what reads and writes objects of the cluster.
var productFolders = []string{
	"../../api", "../../certs", "../../cluster", "../../decision", "../../defaults", "../../inject", "../../protection", "../../validate", "../../webhook", ".",
}

var (
	kruiseKey  = regexp.MustCompile(`^[a-z0-9.-]*kruise(-admission)?\.io/[A-Za-z0-9_.-]*$`)
	apiVersion = regexp.MustCompile(`/v[0-9]+((alpha|beta)[0-9]+)?$`)
	keyName    = regexp.MustCompile(`(Annotations?|Label|Key|Prefix|Finalizer)$`)
)

// keyReference is the table of labels, annotations and finalizers under the names of OpenKruise and of this program, each with the comment on
// its declaration. One that is used without a declaration is an error.
func keyReference(t *testing.T) string {
	source := readSource(t, productFolders...)
	isKey := func(value string) bool {
		return kruiseKey.MatchString(value) && !apiVersion.MatchString(value)
	}
	kinds, meanings := map[string]string{}, map[string]string{}
	for _, declared := range source.Declared() {
		if !keyName.MatchString(declared.Name) {
			continue
		}
		for _, value := range declared.Values {
			if isKey(value) {
				meanings[value], kinds[value] = described(t, declared), kindOfKey(t, declared)
			}
		}
	}
	// The groups, with which expressions begin (cluster/narrow).
	groups := []string{"apps.kruise.io/", "kruise.io/"}
	for _, value := range source.Literals() {
		if isKey(value) && meanings[value] == "" && !slices.Contains(groups, value) {
			t.Errorf("%s is a label or annotation without a declaration of its own, whose name says so and whose comment says what it means", value)
		}
	}
	var b strings.Builder
	b.WriteString("\n| key | is | meaning |\n|---|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(meanings)) {
		name := key
		if strings.HasSuffix(key, "/") {
			name += "..."
		}
		b.WriteString(row(code(name), kinds[key], meanings[key]))
	}
	return b.String() + "\n"
}

// kindOfKey says what a key is, by the name of its declaration or the comment on it.
func kindOfKey(t *testing.T, declared sourcedoc.Strings) string {
	for _, kind := range []string{"annotation", "label", "finalizer"} {
		if strings.Contains(strings.ToLower(declared.Name), kind) || strings.Contains(declared.Doc, " "+kind+" of ") {
			return kind
		}
	}
	t.Errorf("neither the name %s nor its comment says whether %s is a label or an annotation", declared.Name, declared.Values[0])
	return ""
}

func readSource(t *testing.T, folders ...string) *sourcedoc.Source {
	t.Helper()
	source, err := sourcedoc.Read(folders...)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// described is the comment on a declaration, which it must have.
func described(t *testing.T, declared sourcedoc.Strings) string {
	t.Helper()
	if declared.Doc == "" {
		t.Errorf("%s lacks a comment that says what %s means", declared.Name, declared.Values[0])
	}
	return declared.Doc
}

// TestOfferedValuesAreTaken: what the reference and the completion of serve offer for a flag, it takes, and nothing else.
func TestOfferedValuesAreTaken(t *testing.T) {
	for flag, values := range (&serveOptions{}).complete() {
		for _, value := range append(values, "nonsense") {
			options := &serveOptions{}
			command := &cobra.Command{}
			options.addFlags(command.Flags())
			if err := command.Flags().Set(flag, value); err != nil {
				t.Fatal(err)
			}
			err := options.validate()
			if err == nil {
				_, err = newLogger(options.logLevel, options.logFormat, os.Stderr)
			}
			if (err == nil) != (value != "nonsense") {
				t.Errorf("--%s=%s: %v", flag, value, err)
			}
		}
	}
}
