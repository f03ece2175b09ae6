package chart

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

const manifestsHeader = "# Rendered from the chart by `make manifests`, with deploy/manifests.values.yaml.\n"

// manifestFiles are the plain manifests in deploy/, by the template of the chart that they are rendered from.
var manifestFiles = map[string]string{
	"namespace.yaml":           "manifests/00-namespace.yaml",
	"serviceaccount.yaml":      "manifests/10-rbac.yaml",
	"rbac.yaml":                "manifests/10-rbac.yaml",
	"service.yaml":             "manifests/20-service.yaml",
	"deployment.yaml":          "manifests/30-deployment.yaml",
	"poddisruptionbudget.yaml": "manifests/40-poddisruptionbudget.yaml",
	"webhooks.yaml":            "webhooks.yaml",
	"crds.yaml":                "crds/GROUP_PLURAL.yaml",
	"evict-missed.yaml":        "audit/evict-missed.yaml",
}

var (
	sourceLine = regexp.MustCompile(`^# Source: kruise-admission/templates/(.*)\n`)
	// helmsOwn are marks of a release, which say nothing without Helm.
	helmsOwn = regexp.MustCompile(`(?m)^ +(helm\.sh/[a-z-]+|app\.kubernetes\.io/(instance|managed-by|version)): .*\n`)
	crdName  = regexp.MustCompile(`(?m)^  name: ([a-z]+)\.([a-z.]+)$`)
)

// TestManifests keeps the plain manifests in deploy/ equal to what the chart renders; `make manifests` rewrites them.
func TestManifests(t *testing.T) {
	deploy := filepath.Join(installation.Root(), "deploy")
	plain := []string{"template", release, chartDir(), "--namespace", namespace, "--skip-tests", "--values", filepath.Join(deploy, "manifests.values.yaml")}
	want := manifests(t, plain)
	const evict = "audit/evict-missed.yaml" // not part of the installation, because nobody has this right unless he asks for it
	want[evict] = manifests(t, append(plain, "--set", "audit.evictMissed=1"))[evict]

	got := map[string]string{}
	for _, pattern := range []string{"manifests/*.yaml", "crds/*.yaml", "audit/*.yaml", "webhooks.yaml"} {
		files, err := filepath.Glob(filepath.Join(deploy, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(deploy, file)
			if err != nil {
				t.Fatal(err)
			}
			got[filepath.ToSlash(name)] = string(content)
		}
	}
	if *update {
		for name := range got {
			if err := os.Remove(filepath.Join(deploy, name)); err != nil {
				t.Fatal(err)
			}
		}
		for name, content := range want {
			if err := os.WriteFile(filepath.Join(deploy, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if diff := cmp.Diff(want[name], got[name]); diff != "" {
			t.Errorf("deploy/%s does not come from the chart, run `make manifests` (-want +got):\n%s", name, diff)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("deploy/%s does not come from the chart: `make manifests` removes it", name)
	}
}

// manifests returns the files that helm renders, by their names in deploy/.
func manifests(t *testing.T, args []string) map[string]string {
	t.Helper()
	text, err := helm(t.Context(), t, args...)
	if err != nil {
		t.Fatal(err)
	}
	documents := map[string][]string{}
	for document := range strings.SplitSeq("\n"+text, "\n---\n") {
		source := sourceLine.FindStringSubmatch(document)
		if source == nil {
			if strings.TrimSpace(document) != "" {
				t.Fatalf("helm does not say where this comes from:\n%s", document)
			}
			continue
		}
		name, known := manifestFiles[source[1]]
		if !known {
			t.Fatalf("templates/%s has no file in deploy/", source[1])
		}
		document = helmsOwn.ReplaceAllString(strings.TrimSpace(strings.TrimPrefix(document, source[0]))+"\n", "")
		if crd := crdName.FindStringSubmatch(document); source[1] == "crds.yaml" {
			name = strings.NewReplacer("GROUP", crd[2], "PLURAL", crd[1]).Replace(name)
		}
		documents[name] = append(documents[name], document)
	}
	files := map[string]string{}
	for name, contents := range documents {
		files[name] = manifestsHeader + strings.Join(contents, "---\n")
	}
	return files
}
