package chart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

const (
	release   = "kruise-admission"
	namespace = installation.Namespace
)

func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }

func chartDir() string {
	return filepath.Join(installation.Root(), "deploy", "charts", "kruise-admission")
}

// helm runs helm and returns what it printed; the error holds what it printed to standard error.
func helm(ctx context.Context, t *testing.T, args ...string) (string, error) {
	t.Helper()
	binary, err := programs.Helm()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), fmt.Errorf("helm %s: %w: %s", args[0], err, stderr.String())
	}
	return stdout.String(), nil
}

// render returns the objects of `helm template` but for the CRDs, which most of its time would go to.
func render(t *testing.T, args ...string) []*unstructured.Unstructured {
	t.Helper()
	return renderAll(t, slices.Concat(args, []string{"--set", "crds.install=false"})...)
}

// renderAll returns the objects of `helm template`.
func renderAll(t *testing.T, args ...string) []*unstructured.Unstructured {
	t.Helper()
	text, err := helm(t.Context(), t, append([]string{"template", release, chartDir(), "--namespace", namespace}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(text), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return objects
			}
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// values returns the values files of ci/, by the name of what they are for.
func values(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chartDir(), "ci", "*-values.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no values files in ci/:", err)
	}
	named := map[string]string{}
	for _, file := range files {
		named[strings.TrimSuffix(filepath.Base(file), "-values.yaml")] = file
	}
	return named
}

// hook returns for which events of the release Helm makes the object, and "" for one that belongs to the release.
func hook(object *unstructured.Unstructured) string { return object.GetAnnotations()["helm.sh/hook"] }

// silent tells whether the object is a webhook configuration that asks about nothing, as there are at installation and uninstallation.
func silent(object *unstructured.Unstructured) bool {
	webhooks, _, _ := unstructured.NestedSlice(object.Object, "webhooks")
	for _, webhook := range webhooks {
		if _, asks := webhook.(map[string]any)["rules"]; asks {
			return false
		}
	}
	return strings.HasSuffix(object.GetKind(), "WebhookConfiguration")
}

// find returns the rendered object of that kind and name that is there when the release is, and nil when there is none.
func find(objects []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	for _, object := range objects {
		if object.GetKind() == kind && object.GetName() == name && !silent(object) {
			return object
		}
	}
	return nil
}
