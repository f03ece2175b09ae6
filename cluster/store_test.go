package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

var errNotInMemory = errors.New("not in memory")

func newTestStore() *Store {
	return NewStore(func(context.Context, string) (map[string]string, bool, error) { return nil, false, errNotInMemory })
}

func testSet(name, content string) SidecarSet {
	return SidecarSet{
		Object: &v1beta1.SidecarSet{ObjectMeta: metav1.ObjectMeta{Name: name}},
		Stored: []byte(content),
	}
}

func testRevision(name, owner string, revision int64) *appsv1.ControllerRevision {
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{sidecarset.NameLabel: owner}},
		Revision:   revision,
	}
}

func names[T metav1.Object](objects []T) []string {
	result := []string{}
	for _, object := range objects {
		result = append(result, object.GetName())
	}
	return result
}

func TestStoreAnswersFromWhatWasApplied(t *testing.T) {
	s := newTestStore()
	s.Apply(Change{
		SidecarSets:         Delta[SidecarSet]{Put: map[string]SidecarSet{"b": testSet("b", "1"), "a": testSet("a", "1"), "c": testSet("c", "1")}},
		ControllerRevisions: Delta[*appsv1.ControllerRevision]{Put: map[string]*appsv1.ControllerRevision{"a-2": testRevision("a-2", "a", 2), "a-1": testRevision("a-1", "a", 1), "b-1": testRevision("b-1", "b", 1)}},
		Namespaces:          Delta[map[string]string]{Put: map[string]map[string]string{"shop": {"tier": "gold"}}},
		ConfigMaps:          Delta[map[string]string]{Put: map[string]map[string]string{SettingsConfigMap: {"key": "value"}, "other": {"other-key": "value"}}},
	})
	s.Apply(Change{SidecarSets: Delta[SidecarSet]{Drop: []string{"b", "never-there"}}})

	if diff := cmp.Diff([]string{"a", "c"}, names(s.SidecarSets())); diff != "" {
		t.Errorf("SidecarSets: %s", diff)
	}
	if set, stored, ok := s.SidecarSet("a"); !ok || set.Name != "a" || string(stored) != "1" {
		t.Errorf("SidecarSet(a) = %v, %q, %v", set, stored, ok)
	}
	if set, stored, ok := s.SidecarSet("b"); ok || set != nil || stored != nil {
		t.Errorf("SidecarSet(b) = %v, %q, %v after it was dropped", set, stored, ok)
	}
	if diff := cmp.Diff([]string{"a-1", "a-2"}, names(s.ControllerRevisions("a"))); diff != "" {
		t.Errorf("ControllerRevisions(a): %s", diff)
	}
	if revision, ok := s.ControllerRevision("b-1"); !ok || revision.Name != "b-1" {
		t.Errorf("ControllerRevision(b-1) = %v, %v", revision, ok)
	}
	if _, ok := s.ControllerRevision("b-2"); ok {
		t.Error("ControllerRevision(b-2) exists")
	}
	if value, ok := s.Setting("key"); !ok || value != "value" {
		t.Errorf("Setting(key) = %q, %v", value, ok)
	}
	if _, ok := s.Setting("other-key"); ok {
		t.Error("Setting reads another ConfigMap")
	}
}

func TestStoreNamespaceLabels(t *testing.T) {
	tests := []struct {
		name      string
		namespace string
		lookup    NamespaceLookup
		want      map[string]string
		found     bool
		err       error
	}{
		{name: "in memory", namespace: "shop", want: map[string]string{"tier": "gold"}, found: true},
		{name: "in memory without labels", namespace: "bare", found: true},
		{name: "found by the look-up", namespace: "new", found: true, want: map[string]string{"new": "yes"},
			lookup: func(_ context.Context, name string) (map[string]string, bool, error) {
				return map[string]string{name: "yes"}, true, nil
			}},
		{name: "surely not there", namespace: "new",
			lookup: func(context.Context, string) (map[string]string, bool, error) { return nil, false, nil }},
		{name: "cannot tell", namespace: "new", err: errNotInMemory,
			lookup: func(context.Context, string) (map[string]string, bool, error) { return nil, false, errNotInMemory }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := NewStore(test.lookup)
			s.Apply(Change{Namespaces: Delta[map[string]string]{Put: map[string]map[string]string{"shop": {"tier": "gold"}, "bare": nil}}})
			labels, found, err := s.NamespaceLabels(t.Context(), test.namespace)
			if !maps.Equal(labels, test.want) || found != test.found || !errors.Is(err, test.err) {
				t.Errorf("got %v, %v, %v; want %v, %v, %v", labels, found, err, test.want, test.found, test.err)
			}
		})
	}
}

func TestStoreDeltaThatIsEverythingDropsTheRest(t *testing.T) {
	s := newTestStore()
	s.Apply(Change{
		SidecarSets: Delta[SidecarSet]{Put: map[string]SidecarSet{"a": testSet("a", "1"), "b": testSet("b", "1")}},
		Namespaces:  Delta[map[string]string]{Put: map[string]map[string]string{"shop": {}}},
	})
	s.Apply(Change{SidecarSets: Delta[SidecarSet]{Put: map[string]SidecarSet{"b": testSet("b", "1")}, All: true}})
	if diff := cmp.Diff([]string{"b"}, names(s.SidecarSets())); diff != "" {
		t.Errorf("SidecarSets: %s", diff)
	}
	if _, found, err := s.NamespaceLabels(t.Context(), "shop"); !found || err != nil {
		t.Errorf("a change of SidecarSets lost a namespace: %v, %v", found, err)
	}
}

func TestStoreKeepsWhatReadersHold(t *testing.T) {
	s := newTestStore()
	s.Apply(Change{
		SidecarSets:         Delta[SidecarSet]{Put: map[string]SidecarSet{"a": testSet("a", "1"), "b": testSet("b", "1")}},
		ControllerRevisions: Delta[*appsv1.ControllerRevision]{Put: map[string]*appsv1.ControllerRevision{"a-1": testRevision("a-1", "a", 1), "a-2": testRevision("a-2", "a", 2), "a-3": testRevision("a-3", "a", 3)}},
	})
	sets, revisions := s.SidecarSets(), s.ControllerRevisions("a")
	s.Apply(Change{
		SidecarSets:         Delta[SidecarSet]{Drop: []string{"a"}},
		ControllerRevisions: Delta[*appsv1.ControllerRevision]{Drop: []string{"a-1"}, Put: map[string]*appsv1.ControllerRevision{"a-0": testRevision("a-0", "a", 4)}},
	})
	if diff := cmp.Diff([]string{"a", "b"}, names(sets)); diff != "" {
		t.Errorf("SidecarSets given out before: %s", diff)
	}
	if diff := cmp.Diff([]string{"a-1", "a-2", "a-3"}, names(revisions)); diff != "" {
		t.Errorf("ControllerRevisions given out before: %s", diff)
	}
	if diff := cmp.Diff([]string{"a-0", "a-2", "a-3"}, names(s.ControllerRevisions("a"))); diff != "" {
		t.Errorf("ControllerRevisions now: %s", diff)
	}
}

// The index of revisions must hold what a scan of all revisions finds, whatever the order of changes.
func TestStoreRevisionIndexAgreesWithScan(t *testing.T) {
	owners := []string{"a", "b", "c"}
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		s := newTestStore()
		model := map[string]*appsv1.ControllerRevision{}
		for step := range 40 {
			delta := Delta[*appsv1.ControllerRevision]{Put: map[string]*appsv1.ControllerRevision{}, All: random.IntN(10) == 0}
			if delta.All {
				clear(model)
			}
			for range random.IntN(4) {
				if name := fmt.Sprint("r", random.IntN(12)); random.IntN(3) > 0 {
					delta.Put[name] = testRevision(name, owners[random.IntN(len(owners))], int64(step))
				} else if delta.Put[name] == nil {
					delta.Drop = append(delta.Drop, name)
					delete(model, name)
				}
			}
			maps.Copy(model, delta.Put)
			s.Apply(Change{ControllerRevisions: delta})
			for _, owner := range owners {
				want := []string{}
				for _, name := range slices.Sorted(maps.Keys(model)) {
					if model[name].Labels[sidecarset.NameLabel] == owner {
						want = append(want, name)
					}
				}
				if diff := cmp.Diff(want, names(s.ControllerRevisions(owner))); diff != "" {
					t.Fatalf("seed %d, step %d, owner %s: %s", seed, step, owner, diff)
				}
			}
		}
	}
}

func TestReadSidecarSet(t *testing.T) {
	tests := []struct {
		name, stored, err string
	}{
		{name: "unknown fields are kept as stored", stored: `{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet","metadata":{"name":"a"},"spec":{"fromTheFuture":1}}`},
		{name: "no name", stored: `{"metadata":{}}`, err: "metadata.name: required"},
		{name: "wrong type", stored: `{"metadata":{"name":"a"},"spec":{"containers":"none"}}`,
			err: "the SidecarSet cannot be decoded: json: cannot unmarshal string into Go struct field SidecarSetSpec.spec.containers of type []v1beta1.SidecarContainer"},
		{name: "a quantity that takes minutes to read", stored: `{"metadata":{"name":"a"},"spec":{"containers":[{"name":"x","resources":{"limits":{"cpu":"1e-999999999"}}}]}}`,
			err: `the SidecarSet cannot be decoded: spec.containers.0.resources.limits.cpu: the exponent of quantity "1e-999999999" must be between -100 and 100`},
		{name: "not JSON", stored: `{`, err: "the SidecarSet cannot be decoded: unexpected end of JSON input"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set, err := ReadSidecarSet([]byte(test.stored))
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("error %v, want %s", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if set.Object.Name != "a" || string(set.Stored) != test.stored {
				t.Errorf("got %v and %s", set.Object, set.Stored)
			}
		})
	}
}

// TestStoreNamesSidecarSetsThatPinARevision changes a revision that carries no label: the SidecarSet that pins it by name must be
// told all the same.
func TestStoreNamesSidecarSetsThatPinARevision(t *testing.T) {
	s := newTestStore()
	pinning, other := testSet("pinning", "1"), testSet("other", "1")
	revisionName := "by-hand"
	pinning.Object.Spec.InjectionStrategy.Revision = &v1beta1.SidecarSetInjectRevision{RevisionName: &revisionName}
	s.Apply(Change{SidecarSets: Delta[SidecarSet]{Put: map[string]SidecarSet{"pinning": pinning, "other": other}}})
	s.take()
	for _, change := range []Delta[*appsv1.ControllerRevision]{
		{Put: map[string]*appsv1.ControllerRevision{revisionName: testRevision(revisionName, "", 1)}},
		{Drop: []string{revisionName}},
	} {
		s.Apply(Change{ControllerRevisions: change})
		if told := s.take(); !slices.Contains(told, "pinning") || slices.Contains(told, "other") {
			t.Errorf("told about %q, want pinning and not other", told)
		}
	}
}

// TestStoreAnswersPodsDuringChanges holds the lock that changes take: reviews of pods must not wait for it.
func TestStoreAnswersPodsDuringChanges(t *testing.T) {
	s := newTestStore()
	s.Apply(Change{Namespaces: Delta[map[string]string]{Put: map[string]map[string]string{"shop": {"tier": "gold"}}}})
	s.mu.Lock()
	defer s.mu.Unlock()
	labels, found, err := s.NamespaceLabels(t.Context(), "shop")
	if err != nil || !found || labels["tier"] != "gold" {
		t.Errorf("labels %v, %v, %v", labels, found, err)
	}
	_, _ = s.Setting("key")
	_, _, _, _ = s.WorkloadSpreads("shop"), s.PodUnavailableBudgets("shop"), s.PersistentPodStates("shop"), s.PodProbeMarkers("shop")
}
