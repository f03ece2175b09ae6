package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

var (
	inlineCode    = regexp.MustCompile("`([^`\n]+)`")
	flagName      = regexp.MustCompile(`(?:^|[\s("])(--[a-z][a-z-]+)`)
	flagOfCommand = regexp.MustCompile(`(?m)^ {6}(?:-\w, |    )(--[a-z-]+)`)
	metricName    = regexp.MustCompile(`kruise_admission_[a-z_]+[a-z]`)
)

// foreignFlags are the flags of kubectl, helm, curl and the tools of this repository that documents name.
var foreignFlags = []string{"--all", "--atomic", "--filename", "--manifest", "--no-hooks", "--selector", "--take-ownership", "--wait", "--show-managed-fields",
	"--save", "--compare", "--create-namespace"}

// TestFlagsExist: every flag that a document names is one of the program, as docs/cli.md, which is generated, has them.
func TestFlagsExist(t *testing.T) {
	known := append(names(flagOfCommand, read(t, "docs/cli.md")), foreignFlags...)
	for _, document := range documents(t) {
		for _, code := range names(inlineCode, prose(read(t, document))) {
			for _, flag := range names(flagName, code) {
				if !slices.Contains(known, flag) {
					t.Errorf("%s names %s, which no command has", document, flag)
				}
			}
		}
	}
}

// TestConfigurationNamesEveryFlag: docs/configuration.md says what each flag of the server is for.
func TestConfigurationNamesEveryFlag(t *testing.T) {
	_, serve, begins := strings.Cut(read(t, "docs/cli.md"), "\n## kruise-admission serve\n")
	serve, _, ends := strings.Cut(serve, "\n## ")
	flags := names(flagOfCommand, serve)
	if !begins || !ends || len(flags) < 20 {
		t.Fatalf("docs/cli.md has %d flags of serve", len(flags))
	}
	var named []string
	for _, code := range names(inlineCode, prose(read(t, "docs/configuration.md"))) {
		named = append(named, names(flagName, code)...)
	}
	for _, flag := range flags {
		if !slices.Contains(named, flag) {
			t.Errorf("docs/configuration.md does not name %s", flag)
		}
	}
}

// TestProtectionNamesEveryMember: docs/protection.md has every member of the configuration file, and its example is one that the server takes.
func TestProtectionNamesEveryMember(t *testing.T) {
	text := read(t, "docs/protection.md")
	examples := 0
	for _, b := range blocks(text) {
		content := strings.Join(b.lines, "\n")
		if b.language != "yaml" || !strings.Contains(content, "kind: DeleteProtection") {
			continue
		}
		examples++
		if _, err := protection.ParseConfiguration([]byte(content)); err != nil {
			t.Errorf("docs/protection.md:%d: %v", b.line, err)
		}
	}
	if examples == 0 {
		t.Error("docs/protection.md has no example of a configuration")
	}
	for _, member := range members(reflect.TypeFor[protection.Configuration]()) {
		if !regexp.MustCompile(`\b` + member + `\b`).MatchString(text) {
			t.Errorf("docs/protection.md does not name %s", member)
		}
	}
}

// members are the names of the members of a type in JSON, and of all that is below it in its package.
func members(in reflect.Type) (found []string) {
	for in.Kind() == reflect.Pointer || in.Kind() == reflect.Slice {
		in = in.Elem()
	}
	if in.Kind() != reflect.Struct || in.PkgPath() != "" && in.PkgPath() != reflect.TypeFor[protection.Configuration]().PkgPath() {
		return nil
	}
	for i := range in.NumField() {
		field := in.Field(i)
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
			found = append(append(found, name), members(field.Type)...)
		}
	}
	return found
}

// TestValuesExist: every value of the chart that a document names is one.
func TestValuesExist(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(installation.Root(), "deploy", "charts", "kruise-admission", "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	dotted := regexp.MustCompile(`^([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)+)(?:\.(?:NAME|<name>))?(?::.*)?$`)
	checked := 0
	for _, document := range documents(t) {
		for _, code := range names(inlineCode, prose(read(t, document))) {
			match := dotted.FindStringSubmatch(code)
			if match == nil {
				continue
			}
			path := strings.Split(match[1], ".")
			if _, ours := values[path[0]].(map[string]any); !ours || path[0] == "test" {
				continue
			}
			checked++
			if !has(values, path) {
				t.Errorf("%s names the value %s, which the chart does not have", document, match[1])
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d values were found", checked)
	}
}

// has tells whether a path leads to a value. Below an empty map anything may be set.
func has(values map[string]any, path []string) bool {
	value, known := values[path[0]]
	if !known || len(path) == 1 {
		return known
	}
	below, is := value.(map[string]any)
	return is && (len(below) == 0 || has(below, path[1:]))
}

// TestImageIsTheInstalledOne: the image that documents build is the one that deploy/ runs.
func TestImageIsTheInstalledOne(t *testing.T) {
	image := regexp.MustCompile(`ghcr\.io/[a-z/-]+:v[0-9.]*[0-9]`)
	installed := image.FindString(read(t, "deploy/manifests/30-deployment.yaml"))
	found := 0
	for _, document := range documents(t) {
		for _, named := range image.FindAllString(read(t, document), -1) {
			found++
			if named != installed {
				t.Errorf("%s names the image %s, and deploy/ runs %s", document, named, installed)
			}
		}
	}
	if found == 0 {
		t.Error("no document names the image")
	}
}

// TestMetricsExist: every metric that a document names is in the source of the product.
func TestMetricsExist(t *testing.T) {
	known := map[string]bool{}
	err := filepath.WalkDir(installation.Root(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "test") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(path)
		for _, name := range metricName.FindAllString(string(source), -1) {
			known[name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	histogram := regexp.MustCompile(`_(bucket|sum|count)$`)
	for _, document := range documents(t) {
		for _, name := range metricName.FindAllString(read(t, document), -1) {
			if !known[name] && !known[histogram.ReplaceAllString(name, "")] {
				t.Errorf("%s names the metric %s, which does not exist", document, name)
			}
		}
	}
}
