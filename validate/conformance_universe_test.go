package validate_test

// The cluster objects that recorded cases rely on, as an answer to the rules' questions.

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// universe answers the rules' questions with the objects of universe.yaml.
type universe struct {
	// objects are all of them as JSON, by kind.
	objects     map[string][][]byte
	sidecarSets []*v1beta1.SidecarSet
	revisions   []*appsv1.ControllerRevision
	settings    map[string]string
}

func readUniverse(t *testing.T, file string) *universe {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u := &universe{objects: map[string][][]byte{}}
	for _, document := range bytes.Split(text, []byte("\n---\n")) {
		object, err := yaml.YAMLToJSON(document)
		if err != nil {
			t.Fatal(err)
		}
		var header struct{ APIVersion, Kind string }
		if err := json.Unmarshal(object, &header); err != nil {
			t.Fatal(err)
		}
		u.objects[header.Kind] = append(u.objects[header.Kind], object)
		switch header.Kind {
		case "SidecarSet":
			u.sidecarSets = append(u.sidecarSets, readSidecarSet(t, header.APIVersion, object))
		case "ControllerRevision":
			revision := readInto[appsv1.ControllerRevision](t, object)
			if revision.Namespace == "kruise-system" {
				u.revisions = append(u.revisions, revision)
			}
		case "ConfigMap":
			if configMap := readInto[corev1.ConfigMap](t, object); configMap.Name == "kruise-configuration" {
				u.settings = configMap.Data
			}
		}
	}
	slices.SortFunc(u.sidecarSets, func(a, b *v1beta1.SidecarSet) int { return strings.Compare(a.Name, b.Name) })
	return u
}

func readSidecarSet(t *testing.T, version string, object []byte) *v1beta1.SidecarSet {
	t.Helper()
	if version == v1beta1.GroupVersion.String() {
		return readInto[v1beta1.SidecarSet](t, object)
	}
	set := &v1beta1.SidecarSet{}
	if err := readInto[v1alpha1.SidecarSet](t, object).ConvertTo(set); err != nil {
		t.Fatal(err)
	}
	return set
}

func readInto[T any](t *testing.T, object []byte) *T {
	t.Helper()
	into := new(T)
	if err := json.Unmarshal(object, into); err != nil {
		t.Fatal(err)
	}
	return into
}

func (u *universe) SidecarSets() []*v1beta1.SidecarSet { return u.sidecarSets }

func (u *universe) SidecarSet(name string) (*v1beta1.SidecarSet, []byte, bool) {
	for _, set := range u.sidecarSets {
		if set.Name == name {
			return set, nil, true
		}
	}
	return nil, nil, false
}

func (u *universe) ControllerRevision(name string) (*appsv1.ControllerRevision, bool) {
	for _, revision := range u.revisions {
		if revision.Name == name {
			return revision, true
		}
	}
	return nil, false
}

func (u *universe) ControllerRevisions(set string) []*appsv1.ControllerRevision {
	return slices.DeleteFunc(slices.Clone(u.revisions), func(revision *appsv1.ControllerRevision) bool {
		return revision.Labels[sidecarset.NameLabel] != set
	})
}

func (u *universe) Setting(key string) (string, bool) {
	value, ok := u.settings[key]
	return value, ok
}
