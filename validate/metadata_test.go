package validate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestObjectMeta(t *testing.T) {
	valid := metav1.ObjectMeta{Name: "a", Namespace: "n", ResourceVersion: "1", UID: "u"}
	changed := func(change func(*metav1.ObjectMeta)) metav1.ObjectMeta {
		meta := valid
		change(&meta)
		return meta
	}
	for _, test := range []struct {
		name           string
		meta           metav1.ObjectMeta
		create, update []string
	}{
		{name: "valid", meta: valid},
		{name: "well-known finalizers", meta: changed(func(m *metav1.ObjectMeta) { m.Finalizers = []string{"kubernetes", "orphan", "example.com/mine"} })},
		{name: "unknown finalizer without domain", meta: changed(func(m *metav1.ObjectMeta) { m.Finalizers = []string{"mine"} }),
			create: []string{"Invalid metadata.finalizers[0]"}, update: []string{"Invalid metadata.finalizers[0]"}},
		{name: "no namespace", meta: changed(func(m *metav1.ObjectMeta) { m.Namespace = "" }),
			create: []string{"Required metadata.namespace"}, update: []string{"Invalid metadata.namespace"}},
		{name: "label", meta: changed(func(m *metav1.ObjectMeta) { m.Labels = map[string]string{"a b": ""} }),
			create: []string{"Invalid metadata.labels"}, update: []string{"Invalid metadata.labels"}},
		{name: "the name is checked on create only", meta: changed(func(m *metav1.ObjectMeta) { m.Name = "A" }),
			create: []string{"Invalid metadata.name"}, update: []string{"Invalid metadata.name"}}, // the update because it changed
	} {
		t.Run(test.name, func(t *testing.T) {
			create := (&workload{meta: test.meta}).objectMeta(nil, apivalidation.NameIsDNSSubdomain)
			if diff := cmp.Diff(test.create, typesAndFields(create)); diff != "" {
				t.Errorf("create (-want +got):\n%s", diff)
			}
			update := (&workload{meta: test.meta}).objectMetaUpdate(&workload{meta: valid})
			if diff := cmp.Diff(test.update, typesAndFields(update)); diff != "" {
				t.Errorf("update (-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever cannot take a finalizer away can take nothing away.
func TestFinalizersThatWereThereAreLeftInPeace(t *testing.T) {
	old := &workload{meta: metav1.ObjectMeta{Name: "a", Namespace: "n", ResourceVersion: "1", Finalizers: []string{"mine", "example.com/yours"}}}
	update := &workload{meta: *old.meta.DeepCopy()}
	update.meta.Finalizers = []string{"mine"}
	if errs := update.objectMeta(old, apivalidation.NameIsDNSSubdomain); len(errs) > 0 {
		t.Errorf("one taken away: %v", errs)
	}
	update.meta.Finalizers = []string{"mine", "another"}
	want := []string{"Invalid metadata.finalizers[1]"}
	if diff := cmp.Diff(want, typesAndFields(update.objectMeta(old, apivalidation.NameIsDNSSubdomain))); diff != "" {
		t.Errorf("one added (-want +got):\n%s", diff)
	}
}
