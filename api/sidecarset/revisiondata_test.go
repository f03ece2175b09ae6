package sidecarset_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func TestRevisionData(t *testing.T) {
	tests := []struct {
		name, stored, want string
	}{
		{
			name:   "golden value of spec/inject.md 3.2",
			stored: `{"spec":{"containers":[{"name":"dns-f","image":"dns:1.0","imagePullPolicy":"IfNotPresent","podInjectPolicy":"BeforeAppContainer","resources":{},"shareVolumePolicy":{"type":"disabled"},"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","upgradeStrategy":{"upgradeType":"ColdUpgrade"}}]}}`,
			want:   goldenData,
		},
		{
			name:   "nothing else of the spec",
			stored: `{"spec":{"selector":{"matchLabels":{"a":"b"}},"customVersion":"v1","updateStrategy":{"paused":true},"injectionStrategy":{"paused":true},"revisionHistoryLimit":3,"unknown":1}}`,
			want:   `{"spec":{"$patch":"replace","containers":null,"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":null}}`,
		},
		{
			name:   "no spec",
			stored: `{}`,
			want:   `{"spec":{"$patch":"replace","containers":null,"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":null}}`,
		},
		{
			name:   "empty lists are null, and empty members are left out",
			stored: `{"spec":{"containers":[],"volumes":[],"imagePullSecrets":[{"name":""}]}}`,
			want:   `{"spec":{"$patch":"replace","containers":null,"imagePullSecrets":[{}],"initContainers":null,"patchPodMetadata":null,"volumes":null}}`,
		},
		{
			name:   "characters are escaped, quantities canonical, digits kept",
			stored: `{"spec":{"containers":[{"name":"a","args":["<&>\u2028"],"resources":{"limits":{"cpu":"1000m"}},"securityContext":{"runAsUser":1000650000}}]}}`,
			want:   `{"spec":{"$patch":"replace","containers":[{"args":["\u003c\u0026\u003e\u2028"],"name":"a","resources":{"limits":{"cpu":"1"}},"securityContext":{"runAsUser":1000650000},"shareVolumePolicy":{},"upgradeStrategy":{}}],"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":null}}`,
		},
		{
			name:   "metadata of a claim template",
			stored: `{"spec":{"volumes":[{"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{}}}}]}}`,
			want:   `{"spec":{"$patch":"replace","containers":null,"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":[{"ephemeral":{"volumeClaimTemplate":{"metadata":{"creationTimestamp":null},"spec":{"resources":{}}}},"name":"v"}]}}`,
		},
		{
			name:   "fields that the types do not know are kept",
			stored: `{"spec":{"containers":[{"name":"a","fromTheFuture":{"b":[0,false]},"emptyInTheFuture":{}}],"volumes":[{"name":"v","cloud":{"id":12345678901234567890}}]}}`,
			want:   `{"spec":{"$patch":"replace","containers":[{"fromTheFuture":{"b":[0,false]},"name":"a","resources":{},"shareVolumePolicy":{},"upgradeStrategy":{}}],"imagePullSecrets":null,"initContainers":null,"patchPodMetadata":null,"volumes":[{"cloud":{"id":12345678901234567890},"name":"v"}]}}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var set v1beta1.SidecarSet
			if err := json.Unmarshal([]byte(test.stored), &set); err != nil {
				t.Fatal(err)
			}
			got, err := sidecarset.RevisionData(&set.Spec, []byte(test.stored))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRevisionDataOfWhatIsNoObject(t *testing.T) {
	for _, stored := range []string{``, `[]`, `{"spec":[]}`, `{"spec":{`} {
		if data, err := sidecarset.RevisionData(&v1beta1.SidecarSetSpec{}, []byte(stored)); err == nil {
			t.Errorf("stored %q: got %s, want an error", stored, data)
		}
	}
}

// TestRecordedRevisions computes data, hash and name of the revisions that OpenKruise recorded. Equal hashes are equal bytes.
func TestRecordedRevisions(t *testing.T) {
	sets, revisions := readUniverse(t)
	if len(sets) == 0 || len(revisions) == 0 {
		t.Fatal("nothing was recorded")
	}
	for name, stored := range sets {
		t.Run(name, func(t *testing.T) {
			var set v1beta1.SidecarSet
			if err := json.Unmarshal(stored, &set); err != nil {
				t.Fatal(err)
			}
			data, err := sidecarset.RevisionData(&set.Spec, stored)
			if err != nil {
				t.Fatal(err)
			}
			recorded := revisions[set.Status.LatestRevision]
			got := sidecarset.NewHistory(&set, data, nil).New(recorded.Namespace)
			got.UID, got.CreationTimestamp, got.Revision = recorded.UID, recorded.CreationTimestamp, recorded.Revision
			want := recorded.DeepCopy()
			want.TypeMeta = got.TypeMeta
			want.Data.Raw = sorted(t, recorded.Data.Raw)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("not what was recorded (-recorded +ours):\n%s", diff)
			}
		})
	}
	for name, revision := range revisions {
		if owner := revision.Labels[sidecarset.NameLabel]; owner != "" {
			hash := sidecarset.RevisionHash(sorted(t, revision.Data.Raw), 0)
			if got := sidecarset.RevisionName(owner, hash); got != name || hash != revision.Labels[sidecarset.RevisionHashLabel] {
				t.Errorf("revision %s: computed name %s and hash label %s", name, got, hash)
			}
		}
	}
}

// sorted restores the order of members, which YAML does not keep.
func sorted(t *testing.T, raw []byte) []byte {
	t.Helper()
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// readUniverse returns the SidecarSets, as stored, and the ControllerRevisions among the recorded objects, by name.
// KRUISE_ADMISSION_VECTORS names another folder of recordings than the project's own.
func readUniverse(t *testing.T) (sets map[string][]byte, revisions map[string]*appsv1.ControllerRevision) {
	t.Helper()
	folder := os.Getenv("KRUISE_ADMISSION_VECTORS")
	if folder == "" {
		folder = filepath.Join("..", "..", "test", "conformance", "testdata")
	}
	file, err := os.Open(filepath.Join(folder, "inject", "universe.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sets, revisions = map[string][]byte{}, map[string]*appsv1.ControllerRevision{}
	for documents := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
		var raw json.RawMessage
		if err := documents.Decode(&raw); errors.Is(err, io.EOF) {
			return sets, revisions
		} else if err != nil {
			t.Fatal(err)
		}
		var object struct {
			Kind     string
			Metadata struct{ Name string }
		}
		if err := json.Unmarshal(raw, &object); err != nil {
			t.Fatal(err)
		}
		switch object.Kind {
		case "SidecarSet":
			sets[object.Metadata.Name] = raw
		case "ControllerRevision":
			revision := &appsv1.ControllerRevision{}
			if err := json.Unmarshal(raw, revision); err != nil {
				t.Fatal(err)
			}
			revisions[object.Metadata.Name] = revision
		}
	}
}
