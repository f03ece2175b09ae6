package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

func testSpread(namespace, name, version string) *v1beta1.WorkloadSpread {
	return &v1beta1.WorkloadSpread{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, ResourceVersion: version}}
}

// putSpreads puts spreads given as namespace/name/version.
func putSpreads(all bool, spreads ...string) Change {
	delta := Delta[*v1beta1.WorkloadSpread]{Put: map[string]*v1beta1.WorkloadSpread{}, All: all}
	for _, spread := range spreads {
		parts := strings.Split(spread, "/")
		delta.Put[Key(parts[0], parts[1])] = testSpread(parts[0], parts[1], parts[2])
	}
	return Change{WorkloadSpreads: delta}
}

func TestNamespacedObjects(t *testing.T) {
	tests := []struct {
		name    string
		changes []Change
		want    map[string]string // namespace -> names with versions
	}{
		{name: "nothing", want: map[string]string{"shop": ""}},
		{name: "sorted, by namespace", changes: []Change{putSpreads(true, "shop/b/1", "shop/c/1", "lab/a/1", "shop/a/1")},
			want: map[string]string{"shop": "a/1 b/1 c/1", "lab": "a/1", "s": ""}},
		{name: "changed", changes: []Change{putSpreads(true, "shop/a/1", "shop/b/1"), putSpreads(false, "shop/a/2")}, want: map[string]string{"shop": "a/2 b/1"}},
		{name: "dropped", changes: []Change{putSpreads(true, "shop/a/1", "shop/b/1", "lab/a/1"),
			{WorkloadSpreads: Delta[*v1beta1.WorkloadSpread]{Drop: []string{"shop/a", "lab/a", "lab/never"}}}}, want: map[string]string{"shop": "b/1", "lab": ""}},
		{name: "a list that is everything", changes: []Change{putSpreads(true, "shop/a/1", "shop/b/1", "lab/a/1"), putSpreads(true, "shop/b/2")},
			want: map[string]string{"shop": "b/2", "lab": ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newTestStore()
			for _, change := range test.changes {
				s.Apply(change)
			}
			for namespace, want := range test.want {
				var got []string
				for _, spread := range s.WorkloadSpreads(namespace) {
					got = append(got, spread.Name+"/"+spread.ResourceVersion)
				}
				if strings.Join(got, " ") != want {
					t.Errorf("%s: got %q, want %q", namespace, got, want)
				}
			}
		})
	}
}

// A list that somebody reads does not change under him.
func TestListsStayAsTheyAre(t *testing.T) {
	s := newTestStore()
	s.Apply(putSpreads(true, "shop/a/1", "shop/b/1", "shop/c/1"))
	before := s.WorkloadSpreads("shop")
	copied := slices.Clone(before)
	s.Apply(putSpreads(false, "shop/a/2", "shop/aa/1"))
	s.Apply(Change{WorkloadSpreads: Delta[*v1beta1.WorkloadSpread]{Drop: []string{"shop/b"}}})
	if !slices.Equal(before, copied) {
		t.Errorf("got %v, want %v", names(before), names(copied))
	}
	if diff := cmp.Diff([]string{"a", "aa", "c"}, names(s.WorkloadSpreads("shop"))); diff != "" {
		t.Error(diff)
	}
}

func TestEachNamespacedKindHasItsTable(t *testing.T) {
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "shop", Name: name} }
	s := newTestStore()
	s.Apply(Change{
		WorkloadSpreads:       Delta[*v1beta1.WorkloadSpread]{Put: map[string]*v1beta1.WorkloadSpread{"shop/s": {ObjectMeta: meta("s")}}},
		PodUnavailableBudgets: Delta[*policyv1beta1.PodUnavailableBudget]{Put: map[string]*policyv1beta1.PodUnavailableBudget{"shop/b": {ObjectMeta: meta("b")}}},
		PersistentPodStates:   Delta[*v1beta1.PersistentPodState]{Put: map[string]*v1beta1.PersistentPodState{"shop/p": {ObjectMeta: meta("p")}}},
		PodProbeMarkers:       Delta[*v1alpha1.PodProbeMarker]{Put: map[string]*v1alpha1.PodProbeMarker{"shop/m": {ObjectMeta: meta("m")}}},
	})
	got := slices.Concat(names(s.WorkloadSpreads("shop")), names(s.PodUnavailableBudgets("shop")), names(s.PersistentPodStates("shop")), names(s.PodProbeMarkers("shop")))
	if diff := cmp.Diff([]string{"s", "b", "p", "m"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReadObject(t *testing.T) {
	tests := []struct{ name, object, err, selector string }{
		{name: "newest version", object: `{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","metadata":{"name":"b","managedFields":[{"manager":"kubectl"}]},"spec":{"selector":{"matchLabels":{"a":"b"}}}}`, selector: "b"},
		{name: "older version", object: `{"apiVersion":"policy.kruise.io/v1alpha1","kind":"PodUnavailableBudget","metadata":{"name":"b"},"spec":{"selector":{"matchLabels":{"a":"c"}}}}`, selector: "c"},
		{name: "unknown version", object: `{"apiVersion":"policy.kruise.io/v2","kind":"PodUnavailableBudget","metadata":{"name":"b"}}`, err: "v2"},
		{name: "another kind", object: `{"apiVersion":"apps.kruise.io/v1beta1","kind":"WorkloadSpread","metadata":{"name":"b"}}`, err: "group"},
		{name: "no name", object: `{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","metadata":{}}`, err: "PodUnavailableBudget: metadata.name: required"},
		{name: "wrong type", object: `{"apiVersion":"policy.kruise.io/v1beta1","kind":"PodUnavailableBudget","metadata":{"name":"b"},"spec":1}`, err: "cannot be decoded"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadObject[policyv1beta1.PodUnavailableBudget](PodUnavailableBudgetKind, []byte(test.object))
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want one that says %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != "b" || got.ManagedFields != nil || got.Spec.Selector.MatchLabels["a"] != test.selector {
				t.Errorf("got %+v", got)
			}
		})
	}
}
