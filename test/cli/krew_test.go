package cli

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// krewPlugin is a manifest of krew, as far as krew demands it.
type krewPlugin struct {
	APIVersion string
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Version, Homepage, ShortDescription, Description, Caveats string

		Platforms []struct {
			Selector struct{ MatchLabels struct{ OS, Arch string } }
			URI      string
			SHA256   string
			Bin      string
		}
	}
}

func readKrew(t *testing.T, path string) *krewPlugin {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	plugin := &krewPlugin{}
	if err := yaml.UnmarshalStrict(text, plugin); err != nil {
		t.Fatal(err)
	}
	return plugin
}

// TestKrewManifest checks the manifest as krew does, and that it names the archives which hack/release.sh builds.
func TestKrewManifest(t *testing.T) {
	plugin := readKrew(t, filepath.Join(installation.Root(), "deploy", "krew", "kruise-admission.yaml"))
	if plugin.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || plugin.Kind != "Plugin" || plugin.Metadata.Name != "kruise-admission" {
		t.Errorf("it is a %s %s called %s", plugin.APIVersion, plugin.Kind, plugin.Metadata.Name)
	}
	if n := len(plugin.Spec.ShortDescription); n == 0 || n > 50 { // krew's limit
		t.Errorf("the short description has %d characters", n)
	}
	script, err := os.ReadFile(filepath.Join(installation.Root(), "hack", "release.sh"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(script), "${PLATFORMS:-")
	list, _, found := strings.Cut(rest, "}")
	if !found {
		t.Fatal("hack/release.sh does not name its platforms")
	}
	var platforms []string
	for _, p := range plugin.Spec.Platforms {
		selected := p.Selector.MatchLabels
		platforms = append(platforms, selected.OS+"/"+selected.Arch)
		archive := fmt.Sprintf("kruise-admission_%s_%s_%s.tar.gz", plugin.Spec.Version, selected.OS, selected.Arch)
		if want := plugin.Spec.Homepage + "/releases/download/" + plugin.Spec.Version + "/" + archive; p.URI != want {
			t.Errorf("%s: address %s, want %s", archive, p.URI, want)
		}
		if bin := strings.TrimSuffix(p.Bin, ".exe"); bin != "kruise-admission" || (p.Bin != bin) != (selected.OS == "windows") {
			t.Errorf("%s: binary %s", archive, p.Bin)
		}
	}
	if diff := cmp.Diff(strings.Fields(list), platforms); diff != "" {
		t.Errorf("platforms (-hack/release.sh +manifest):\n%s", diff)
	}
}

// TestRelease builds the archive for this platform. The manifest beside it has its checksum, and the binary in it works as a plugin.
func TestRelease(t *testing.T) {
	dist := t.TempDir()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	release := exec.CommandContext(t.Context(), "hack/release.sh", "v1.2.3", dist)
	release.Dir = installation.Root()
	release.Env = append(os.Environ(), "PLATFORMS="+platform, "BUILDFLAGS=") // without -trimpath it shares what is compiled
	if output, err := release.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	plugin := readKrew(t, filepath.Join(dist, "kruise-admission.yaml"))
	for _, p := range plugin.Spec.Platforms {
		if p.Selector.MatchLabels.OS+"/"+p.Selector.MatchLabels.Arch != platform {
			continue
		}
		archive, err := os.ReadFile(filepath.Join(dist, filepath.Base(p.URI)))
		if err != nil {
			t.Fatal(err)
		}
		if sum := fmt.Sprintf("%x", sha256.Sum256(archive)); sum != p.SHA256 {
			t.Errorf("checksum %s, the manifest says %s", sum, p.SHA256)
		}
		unpacked := unpack(t, filepath.Join(dist, filepath.Base(p.URI)))
		plugin := filepath.Join(filepath.Dir(unpacked[p.Bin]), "kubectl-kruise_admission") // as krew links it
		if err := os.Symlink(unpacked[p.Bin], plugin); err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), plugin, "version").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(output), "kruise-admission v1.2.3 ") {
			t.Errorf("%v: %s", err, output)
		}
		if unpacked["LICENSE"] == "" {
			t.Error("the archive has no LICENSE")
		}
		return
	}
	t.Errorf("the manifest does not name %s", platform)
}

// unpack unpacks an archive, and gives the path of each file by its name.
func unpack(t *testing.T, archive string) map[string]string {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	dir, files := t.TempDir(), map[string]string{}
	reader := tar.NewReader(plain)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil || !slices.Contains([]string{"LICENSE", "kruise-admission", "kruise-admission.exe"}, header.Name) {
			t.Fatalf("%v: %v", header, err)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = filepath.Join(dir, header.Name)
		if err := os.WriteFile(files[header.Name], content, header.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
}
