package cluster

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/randfill"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// TestJoinTextChangesNothing fills all fields of many SidecarSets.
func TestJoinTextChangesNothing(t *testing.T) {
	fill := randfill.NewWithSeed(1).NilChance(0.2).NumElements(0, 3).MaxDepth(12)
	for range 200 {
		set := &v1beta1.SidecarSet{}
		fill.Fill(set)
		before := set.DeepCopy()
		joinText(set)
		if diff := cmp.Diff(before, set); diff != "" {
			t.Fatalf("(-before +after):\n%s", diff)
		}
	}
}

// TestJoinTextJoins takes the addresses of texts in a map, in a list and behind a pointer.
func TestJoinTextJoins(t *testing.T) {
	read, err := ReadSidecarSet([]byte(`{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"name":"first","labels":{"key":"value"}},
		"spec":{"selector":{"matchLabels":{"key":"value"}},"containers":[{"name":"agent","image":"value"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	set := read.Object
	at := func(text string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(text))) }
	value := at(set.Labels["key"])
	if at(set.Spec.Selector.MatchLabels["key"]) != value || at(set.Spec.Containers[0].Image) != value {
		t.Error("equal texts are in different places")
	}
	if distance := int64(at(set.Spec.Containers[0].Name)) - int64(value); distance < -100 || distance > 100 {
		t.Errorf("two texts of an object of 100 bytes are %d bytes apart", distance)
	}
}
