package manifests

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/cluster"
)

const (
	setA       = "{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet, metadata: {name: a}, spec: {containers: [{name: main, image: 'main:1'}]}}\n"
	setB       = "{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet, metadata: {name: b}}\n"
	oldSetC    = "{apiVersion: apps.kruise.io/v1alpha1, kind: SidecarSet, metadata: {name: c}, spec: {namespace: shop}}\n"
	revisionA1 = "{apiVersion: apps/v1, kind: ControllerRevision, metadata: {name: a-1, namespace: kruise, labels: {kruise.io/sidecarset-name: a}}, revision: 1, data: {spec: {containers: null}}}\n"
	settings   = "{apiVersion: v1, kind: ConfigMap, metadata: {name: kruise-configuration, namespace: kruise}, data: {key: value}}\n"
	namespace  = "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {tier: gold, kubernetes.io/metadata.name: forged}}}\n"
	deployment = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}\n"
)

func join(documents ...string) string { return strings.Join(documents, "---\n") }

func TestCollect(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  Summary
		sets  []string
	}{
		{
			name:  "every kind",
			files: map[string]string{"m.yaml": join(setA, oldSetC, revisionA1, settings, namespace, deployment)},
			want:  Summary{Files: 1, SidecarSets: 2, ControllerRevisions: 1, Namespaces: 1, Settings: true, Ignored: 1},
			sets:  []string{"a", "c"},
		},
		{
			name: "several files",
			files: map[string]string{
				"1.yaml": setA,
				"2.json": `{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": {"name": "b"}}`,
				"3.yaml": "# nothing yet\n",
			},
			want: Summary{Files: 3, SidecarSets: 2},
			sets: []string{"a", "b"},
		},
		{
			name:  "List",
			files: map[string]string{"m.yaml": "{apiVersion: v1, kind: List, items: [\n" + setA + ",\n" + namespace + ",\n{apiVersion: v1, kind: List, items: [\n" + setB + "]}]}"},
			want:  Summary{Files: 1, SidecarSets: 2, Namespaces: 1},
			sets:  []string{"a", "b"},
		},
		{
			name: "typed lists, whose items need not repeat what they are",
			files: map[string]string{
				"1.yaml": "{apiVersion: apps.kruise.io/v1alpha1, kind: SidecarSetList, items: [{metadata: {name: a}}, " + setB + "]}",
				"2.yaml": "{apiVersion: v1, kind: NamespaceList, items: [{metadata: {name: shop}}]}",
				"3.yaml": "{apiVersion: v1, kind: ConfigMapList, items: []}",
				"4.yaml": "{apiVersion: v1, kind: List}",
			},
			want: Summary{Files: 4, SidecarSets: 2, Namespaces: 1},
			sets: []string{"a", "b"},
		},
		{
			name:  "without namespace means the server's",
			files: map[string]string{"m.yaml": join(strings.ReplaceAll(revisionA1, "namespace: kruise, ", ""), strings.ReplaceAll(settings, ", namespace: kruise", ""))},
			want:  Summary{Files: 1, ControllerRevisions: 1, Settings: true},
		},
		{
			name:  "a revision without label, which may be pinned by name",
			files: map[string]string{"m.yaml": strings.ReplaceAll(revisionA1, "kruise.io/sidecarset-name", "app")},
			want:  Summary{Files: 1, ControllerRevisions: 1},
		},
		{
			name: "not for the view",
			files: map[string]string{"m.yaml": join(
				strings.ReplaceAll(revisionA1, "namespace: kruise", "namespace: other"),
				strings.ReplaceAll(settings, "namespace: kruise", "namespace: other"),
				strings.ReplaceAll(settings, "kruise-configuration", "other"),
				"{apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, metadata: {name: a}}\n",
				"{apiVersion: example.com/v1, kind: SidecarSet, metadata: {name: a}}\n",
				"{apiVersion: example.com/v1, kind: AllowList, metadata: {name: a}}\n",
				"{apiVersion: example.com/v1, kind: Shop, items: {a: b}}\n",
			)},
			want: Summary{Files: 1, Ignored: 7},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			view, summary, err := collect(testFiles(test.files), Options{Namespace: "kruise"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summary); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.sets, slices.Sorted(maps.Keys(view.SidecarSets.Put))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCollectWithoutNamespace: what the server's namespace holds counts wherever it is, and revisions of others, which may have the same names in
// several namespaces, do not.
func TestCollectWithoutNamespace(t *testing.T) {
	foreign := strings.ReplaceAll(revisionA1, "kruise.io/sidecarset-name", "app")
	_, summary, err := collect(testFiles(map[string]string{
		"m.yaml": join(revisionA1, settings, foreign, strings.ReplaceAll(foreign, "namespace: kruise", "namespace: other")),
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Files: 1, ControllerRevisions: 1, Settings: true, Ignored: 2}, summary); diff != "" {
		t.Error(diff)
	}
}

func testFiles(contents map[string]string) []file {
	var files []file
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		files = append(files, file{path: name, content: []byte(contents[name])})
	}
	return files
}

func TestCollectErrors(t *testing.T) {
	tests := []struct {
		name    string
		files   map[string]string
		prepare func([]byte) ([]byte, error)
		err     string
	}{
		{name: "not an object", files: map[string]string{"m.yaml": "- a\n- b\n"},
			err: "m.yaml: document 1 (line 1): not a Kubernetes object: json: cannot unmarshal array into Go value of type manifests.header"},
		{name: "metadata of a wrong type", files: map[string]string{"m.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: shop\n"},
			err: "m.yaml: document 1 (line 1): not a Kubernetes object: json: cannot unmarshal string into Go struct field header.metadata of type manifests.metadata"},
		{name: "without kind", files: map[string]string{"m.yaml": "apiVersion: v1\n"},
			err: "m.yaml: document 1 (line 1): not a Kubernetes object: apiVersion and kind are required"},
		{name: "without apiVersion", files: map[string]string{"m.yaml": "kind: SidecarSet\n"},
			err: "m.yaml: document 1 (line 1): not a Kubernetes object: apiVersion and kind are required"},
		{name: "item of a List without kind", files: map[string]string{"m.yaml": "{apiVersion: v1, kind: List, items: [" + setA + ", {metadata: {name: b}}]}"},
			err: "m.yaml: document 1 (line 1), item 2: not a Kubernetes object: apiVersion and kind are required"},
		{name: "List of something else", files: map[string]string{"m.yaml": "{apiVersion: v1, kind: List, items: {a: b}}"},
			err: "m.yaml: document 1 (line 1): List: items: json: cannot unmarshal object into Go value of type []json.RawMessage"},
		{name: "SidecarSet of an unknown version", files: map[string]string{"m.yaml": "{apiVersion: apps.kruise.io/v2, kind: SidecarSet, metadata: {name: a}}"},
			err: `m.yaml: document 1 (line 1): SidecarSet "a": unknown apiVersion "apps.kruise.io/v2": use apps.kruise.io/v1beta1 or apps.kruise.io/v1alpha1`},
		{name: "SidecarSet without name", files: map[string]string{"m.yaml": "{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet}"},
			err: "m.yaml: document 1 (line 1): SidecarSet: metadata.name: required"},
		{name: "SidecarSet with a field of a wrong type", files: map[string]string{"m.yaml": setA + "---\n\n{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet, metadata: {name: b}, spec: {revisionHistoryLimit: many}}"},
			err: `m.yaml: document 2 (line 4): SidecarSet "b": the SidecarSet cannot be decoded: json: cannot unmarshal string into Go struct field SidecarSetSpec.spec.revisionHistoryLimit of type int32`},
		{name: "settings of a wrong type", files: map[string]string{"m.yaml": strings.ReplaceAll(settings, "key: value", "key: 1")},
			err: `m.yaml: document 1 (line 1): ConfigMap "kruise-configuration": json: cannot unmarshal number into Go struct field ConfigMap.data of type string`},
		{name: "revision of a wrong type", files: map[string]string{"m.yaml": strings.ReplaceAll(revisionA1, "revision: 1", "revision: one")},
			err: `m.yaml: document 1 (line 1): ControllerRevision "a-1": json: cannot unmarshal string into Go struct field ControllerRevision.revision of type int64`},
		{name: "refused by Prepare", files: map[string]string{"m.yaml": setA},
			prepare: func([]byte) ([]byte, error) { return nil, errors.New("spec.selector: required") },
			err:     `m.yaml: document 1 (line 1): SidecarSet "a": spec.selector: required`},
		{name: "garbage from Prepare", files: map[string]string{"m.yaml": setA},
			prepare: func([]byte) ([]byte, error) { return []byte("?"), nil },
			err:     `m.yaml: document 1 (line 1): SidecarSet "a": the SidecarSet must be a JSON object`},
		{name: "the same name in two files", files: map[string]string{"1.yaml": join(namespace, setA), "2.yaml": setA},
			err: `SidecarSet "a" is there twice: in 1.yaml: document 2 (line 3) and in 2.yaml: document 1 (line 1): remove or rename one`},
		{name: "the same name in both versions", files: map[string]string{"1.yaml": strings.ReplaceAll(oldSetC, "name: c", "name: a"), "2.yaml": setA},
			err: `SidecarSet "a" is there twice: in 1.yaml: document 1 (line 1) and in 2.yaml: document 1 (line 1): remove or rename one`},
		{name: "the same revision twice", files: map[string]string{"1.yaml": join(revisionA1, revisionA1)},
			err: `ControllerRevision "a-1" is there twice: in 1.yaml: document 1 (line 1) and in 1.yaml: document 2 (line 3): remove or rename one`},
		{name: "the same namespace twice", files: map[string]string{"1.yaml": join(namespace, namespace)},
			err: `Namespace "shop" is there twice: in 1.yaml: document 1 (line 1) and in 1.yaml: document 2 (line 3): remove or rename one`},
		{name: "settings twice", files: map[string]string{"1.yaml": join(settings, settings)},
			err: `ConfigMap "kruise-configuration" is there twice: in 1.yaml: document 1 (line 1) and in 1.yaml: document 2 (line 3): remove or rename one`},
		{name: "errors of all files", files: map[string]string{"1.yaml": "a: [", "2.yaml": setA, "3.yaml": "a: b"},
			err: "1.yaml: document 1 (line 1): yaml: line 1: did not find expected node content\n" +
				"3.yaml: document 1 (line 1): not a Kubernetes object: apiVersion and kind are required"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			view, _, err := collect(testFiles(test.files), Options{Namespace: "kruise", Prepare: test.prepare})
			if err == nil || err.Error() != test.err {
				t.Errorf("error %v\nwant  %s", err, test.err)
			}
			if diff := cmp.Diff(cluster.Change{}, view); diff != "" {
				t.Errorf("something is given out beside an error: %s", diff)
			}
		})
	}
}

// What a document says reaches the view as it would reach it through an API server.
func TestCollectContents(t *testing.T) {
	var prepared []string
	view, _, err := collect(testFiles(map[string]string{"m.yaml": join(setA, oldSetC, revisionA1, settings, namespace)}), Options{
		Namespace: "kruise",
		Prepare: func(raw []byte) ([]byte, error) {
			prepared = append(prepared, string(raw))
			return []byte(strings.Replace(string(raw), `"spec":{`, `"spec":{"fromTheFuture":true,"revisionHistoryLimit":10,`, 1)), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range prepared {
		if !strings.Contains(raw, `"apiVersion":"apps.kruise.io/v1beta1"`) {
			t.Errorf("Prepare got %s", raw)
		}
	}
	a := view.SidecarSets.Put["a"]
	if a.Object.Spec.RevisionHistoryLimit == nil || *a.Object.Spec.RevisionHistoryLimit != 10 {
		t.Error("what Prepare added is not in the object")
	}
	if !strings.Contains(string(a.Stored), `"fromTheFuture":true`) {
		t.Errorf("what Prepare added is not in the JSON: %s", a.Stored)
	}
	c := view.SidecarSets.Put["c"].Object
	if c.Spec.NamespaceSelector == nil || c.Spec.NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"] != "shop" {
		t.Errorf("v1alpha1 is not converted: %v", c.Spec.NamespaceSelector)
	}
	revision := view.ControllerRevisions.Put["a-1"]
	if revision.Revision != 1 || string(revision.Data.Raw) != `{"spec":{"containers":null}}` {
		t.Errorf("revision %d with data %s", revision.Revision, revision.Data.Raw)
	}
	if diff := cmp.Diff(map[string]string{"tier": "gold", "kubernetes.io/metadata.name": "shop"}, view.Namespaces.Put["shop"]); diff != "" {
		t.Errorf("labels of the namespace: %s", diff)
	}
	if diff := cmp.Diff(map[string]string{"key": "value"}, view.ConfigMaps.Put[cluster.SettingsConfigMap]); diff != "" {
		t.Errorf("settings: %s", diff)
	}
}

func FuzzCollect(f *testing.F) {
	for _, seed := range []string{setA, oldSetC, revisionA1, settings, namespace, join(setA, setB), "{kind: List, apiVersion: v1, items: [1]}", "a: &a [*a]", "\xff", "--- |\n---\n"} {
		f.Add("m.yaml", []byte(seed))
		f.Add("m.json", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, path string, content []byte) {
		view, summary, err := collect([]file{{path: path, content: content}}, Options{Namespace: "kruise"})
		if err == nil && len(view.SidecarSets.Put) != summary.SidecarSets {
			t.Errorf("%d SidecarSets, summary says %d", len(view.SidecarSets.Put), summary.SidecarSets)
		}
	})
}
