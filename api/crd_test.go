package api_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"
)

const (
	shipped   = "../deploy/crds"
	reference = "testdata/reference-crds"
)

// An object that one side stores must mean the same to the other: all structure is equal. Texts are our own, and the conversion webhook and
// the labels are part of the installation.
func TestCRDsHaveTheStructureOfOpenKruise(t *testing.T) {
	for _, name := range names(t, reference) {
		t.Run(name, func(t *testing.T) {
			want, got := load[any](t, reference, name), load[any](t, shipped, name)
			metadata := got.(map[string]any)["metadata"].(map[string]any)
			delete(metadata, "annotations")
			delete(metadata, "labels")
			delete(got.(map[string]any)["spec"].(map[string]any), "conversion")
			for _, difference := range differences(want, withoutDescriptions(got), "") {
				t.Error(difference)
			}
		})
	}
}

func TestEveryCRDHasAReference(t *testing.T) {
	if diff := cmp.Diff(names(t, reference), names(t, shipped)); diff != "" {
		t.Errorf("files in %s and %s (-reference +shipped):\n%s", reference, shipped, diff)
	}
}

// A kind of one version has nothing to convert.
func TestCRDsAreConvertedByTheServer(t *testing.T) {
	webhook := &apiextensionsv1.CustomResourceConversion{
		Strategy: apiextensionsv1.WebhookConverter,
		Webhook: &apiextensionsv1.WebhookConversion{
			ClientConfig: &apiextensionsv1.WebhookClientConfig{Service: &apiextensionsv1.ServiceReference{
				Namespace: "kruise-admission", Name: "kruise-admission-webhook", Path: ptr.To("/convert"), Port: ptr.To[int32](443),
			}},
			ConversionReviewVersions: []string{"v1", "v1beta1"},
		},
	}
	for _, name := range names(t, shipped) {
		got, want := load[apiextensionsv1.CustomResourceDefinition](t, shipped, name), webhook
		if len(got.Spec.Versions) == 1 {
			want = nil
		}
		if diff := cmp.Diff(want, got.Spec.Conversion); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDifferences(t *testing.T) {
	want := map[string]any{"same": 1.0, "gone": true, "list": []any{"a", "b"}, "deep": map[string]any{"x": []any{map[string]any{"y": "1"}}}}
	got := map[string]any{"same": 1.0, "new": nil, "list": []any{"a"}, "deep": map[string]any{"x": []any{map[string]any{"y": "2", "description": "z"}}}}
	found := differences(want, withoutDescriptions(got), "")
	if diff := cmp.Diff([]string{
		`/deep/x/0/y: got "2", want "1"`,
		`/gone: missing, want true`,
		`/list: got 1 elements, want 2`,
		`/new: unexpected <nil>`,
	}, found); diff != "" {
		t.Error(diff)
	}
}

func differences(want, got any, path string) (found []string) {
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s: no object", path)}
		}
		keys := slices.Collect(maps.Keys(want))
		for key := range got {
			if _, ok := want[key]; !ok {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			w, wanted := want[key]
			g, there := got[key]
			switch {
			case !wanted:
				found = append(found, fmt.Sprintf("%s/%s: unexpected %v", path, key, g))
			case !there:
				found = append(found, fmt.Sprintf("%s/%s: missing, want %v", path, key, w))
			default:
				found = append(found, differences(w, g, path+"/"+key)...)
			}
		}
	case []any:
		got, ok := got.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s: no list", path)}
		}
		if len(got) != len(want) {
			return []string{fmt.Sprintf("%s: got %d elements, want %d", path, len(got), len(want))}
		}
		for i := range want {
			found = append(found, differences(want[i], got[i], fmt.Sprintf("%s/%d", path, i))...)
		}
	default:
		if got != want {
			found = append(found, fmt.Sprintf("%s: got %#v, want %#v", path, got, want))
		}
	}
	return found
}

// withoutDescriptions drops texts, but no property of that name, which would be an object.
func withoutDescriptions(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			if _, isText := member.(string); isText && key == "description" {
				delete(value, key)
			} else {
				withoutDescriptions(member)
			}
		}
	case []any:
		for _, element := range value {
			withoutDescriptions(element)
		}
	}
	return value
}

func names(t *testing.T, directory string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(directory, "*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s: %v", directory, err)
	}
	for i, path := range paths {
		paths[i] = filepath.Base(path)
	}
	return paths
}

func load[T any](t *testing.T, directory, name string) (object T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(raw, &object); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return object
}
