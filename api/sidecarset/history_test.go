package sidecarset_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func historySet(change ...func(*v1beta1.SidecarSet)) *v1beta1.SidecarSet {
	set := &v1beta1.SidecarSet{ObjectMeta: metav1.ObjectMeta{
		Name: "set", UID: "1", Labels: map[string]string{"team": "a"}, Annotations: map[string]string{sidecarset.HashAnnotation: "h"},
	}}
	for _, c := range change {
		c(set)
	}
	return set
}

// revision makes one that the SidecarSet controls, unless change says otherwise.
func revision(name string, number int64, data string, change ...func(*appsv1.ControllerRevision)) *appsv1.ControllerRevision {
	r := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{sidecarset.NameLabel: "set"},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(historySet(), v1beta1.GroupVersion.WithKind("SidecarSet"))},
		},
		Data:     runtime.RawExtension{Raw: []byte(data)},
		Revision: number,
	}
	for _, c := range change {
		c(r)
	}
	return r
}

func controlledBy(uid types.UID) func(*appsv1.ControllerRevision) {
	return func(r *appsv1.ControllerRevision) { r.OwnerReferences[0].UID = uid }
}

func ownerless(r *appsv1.ControllerRevision) { r.OwnerReferences = nil }

func version(v string) func(*appsv1.ControllerRevision) {
	return func(r *appsv1.ControllerRevision) { r.Labels[sidecarset.CustomVersionLabel] = v }
}

func names(revisions []*appsv1.ControllerRevision) []string {
	var result []string
	for _, r := range revisions {
		result = append(result, r.Name)
	}
	return result
}

func TestHistoryCurrent(t *testing.T) {
	tests := []struct {
		name      string
		revisions []*appsv1.ControllerRevision
		current   string
		number    int64
	}{
		{name: "nothing recorded", number: 1},
		{name: "recorded by the newest", revisions: []*appsv1.ControllerRevision{revision("b", 2, "now"), revision("a", 1, "before")}, current: "b", number: 2},
		{name: "not recorded", revisions: []*appsv1.ControllerRevision{revision("a", 1, "before"), revision("b", 5, "later")}, number: 6},
		{name: "rolled back", revisions: []*appsv1.ControllerRevision{revision("b", 2, "later"), revision("a", 1, "now")}, current: "a", number: 3},
		{name: "of several, the newest", revisions: []*appsv1.ControllerRevision{revision("b", 2, "now"), revision("a", 1, "now")}, current: "b", number: 2},
		{name: "of equal numbers, the younger", current: "a", number: 1, revisions: []*appsv1.ControllerRevision{
			revision("a", 1, "now", func(r *appsv1.ControllerRevision) { r.CreationTimestamp = metav1.NewTime(time.Unix(2, 0)) }),
			revision("b", 1, "now", func(r *appsv1.ControllerRevision) { r.CreationTimestamp = metav1.NewTime(time.Unix(1, 0)) })}},
		{name: "without an owner", revisions: []*appsv1.ControllerRevision{revision("a", 1, "now", ownerless)}, current: "a", number: 1},
		{name: "of a deleted SidecarSet of the same name", revisions: []*appsv1.ControllerRevision{revision("a", 7, "now", controlledBy("0"))}, number: 1},
		{name: "no number is left", revisions: []*appsv1.ControllerRevision{revision("a", math.MaxInt64, "before")}, number: math.MaxInt64},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			history := sidecarset.NewHistory(historySet(), []byte("now"), test.revisions)
			current := ""
			if c := history.Current(); c != nil {
				current = c.Name
			}
			if current != test.current || history.Number() != test.number {
				t.Errorf("got %q with number %d, want %q with %d", current, history.Number(), test.current, test.number)
			}
		})
	}
}

func TestHistoryNew(t *testing.T) {
	set := historySet(func(s *v1beta1.SidecarSet) {
		s.Labels[sidecarset.NameLabel] = "overwritten"
		s.Spec.CustomVersion = "v2"
		s.Status.CollisionCount = new(int32)
		*s.Status.CollisionCount = 1
	})
	got := sidecarset.NewHistory(set, []byte(goldenData), []*appsv1.ControllerRevision{revision("a", 4, "before")}).New("there")
	yes := true
	want := &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "there", Name: "set-788d67c95f",
			Labels: map[string]string{"team": "a", sidecarset.NameLabel: "set", sidecarset.RevisionHashLabel: "788d67c95f",
				sidecarset.CustomVersionLabel: "v2"},
			Annotations: map[string]string{sidecarset.HashAnnotation: "h"},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps.kruise.io/v1beta1", Kind: "SidecarSet", Name: "set", UID: "1",
				Controller: &yes, BlockOwnerDeletion: &yes}},
		},
		Data:     runtime.RawExtension{Raw: []byte(goldenData)},
		Revision: 5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got.Labels["team"], got.Annotations[sidecarset.HashAnnotation] = "b", "b"
	if set.Labels["team"] != "a" || set.Annotations[sidecarset.HashAnnotation] != "h" {
		t.Error("the revision shares labels or annotations with the SidecarSet")
	}
}

func TestHistoryVersion(t *testing.T) {
	tests := []struct {
		name, spec, want string
		revisions        []*appsv1.ControllerRevision
	}{
		{name: "none"},
		{name: "of the SidecarSet", spec: "v2", want: "v2"},
		{name: "of the SidecarSet, in place of that of the revision", spec: "v2", want: "v2", revisions: []*appsv1.ControllerRevision{revision("a", 1, "now", version("v1"))}},
		{name: "of the revision, when the SidecarSet has none", want: "v1", revisions: []*appsv1.ControllerRevision{revision("a", 1, "now", version("v1"))}},
		{name: "not of another revision", revisions: []*appsv1.ControllerRevision{revision("a", 1, "before", version("v1"))}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			set := historySet(func(s *v1beta1.SidecarSet) { s.Spec.CustomVersion = test.spec })
			if got := sidecarset.NewHistory(set, []byte("now"), test.revisions).Version(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestHistorySurplus(t *testing.T) {
	text := func(s string) *string { return &s }
	limit := func(n int32) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) { s.Spec.RevisionHistoryLimit = &n }
	}
	pin := func(name, version *string) func(*v1beta1.SidecarSet) {
		return func(s *v1beta1.SidecarSet) {
			s.Spec.InjectionStrategy.Revision = &v1beta1.SidecarSetInjectRevision{RevisionName: name, CustomVersion: version}
		}
	}
	four := []*appsv1.ControllerRevision{
		revision("c", 3, "3", version("x")), revision("a", 1, "1", version("x")), revision("d", 4, "4"), revision("b", 2, "2"), revision("foreign", 0, "0", controlledBy("0")),
	}
	tests := []struct {
		name   string
		change []func(*v1beta1.SidecarSet)
		count  int
		want   []string
	}{
		{name: "below the default limit"},
		{name: "at the limit", change: []func(*v1beta1.SidecarSet){limit(4)}},
		{name: "one above", change: []func(*v1beta1.SidecarSet){limit(3)}, count: 1, want: []string{"a", "b", "c"}},
		{name: "limit 0 keeps one", change: []func(*v1beta1.SidecarSet){limit(0)}, count: 3, want: []string{"a", "b", "c"}},
		{name: "negative limit keeps one", change: []func(*v1beta1.SidecarSet){limit(-5)}, count: 3, want: []string{"a", "b", "c"}},
		{name: "pinned by name", change: []func(*v1beta1.SidecarSet){limit(1), pin(text("b"), nil)}, count: 3, want: []string{"a", "c"}},
		{name: "pinned by version", change: []func(*v1beta1.SidecarSet){limit(1), pin(nil, text("x"))}, count: 3, want: []string{"b"}},
		{name: "an empty version pins nothing", change: []func(*v1beta1.SidecarSet){limit(1), pin(nil, text(""))}, count: 3, want: []string{"a", "b", "c"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			count, got := sidecarset.NewHistory(historySet(test.change...), []byte("4"), four).Surplus()
			if count != test.count || !slices.Equal(names(got), test.want) {
				t.Errorf("got %d of %v, want %d of %v", count, names(got), test.count, test.want)
			}
		})
	}
	t.Run("the default limit is 10", func(t *testing.T) {
		var eleven []*appsv1.ControllerRevision
		for i := range 11 {
			eleven = append(eleven, revision(fmt.Sprint(i), int64(i), fmt.Sprint(i)))
		}
		if count, _ := sidecarset.NewHistory(historySet(), nil, eleven).Surplus(); count != 1 {
			t.Errorf("%d of 11 are surplus, want 1", count)
		}
	})
}

// step does to revisions what a controller does for the content data, and returns them.
func step(set *v1beta1.SidecarSet, data string, revisions []*appsv1.ControllerRevision) []*appsv1.ControllerRevision {
	history := sidecarset.NewHistory(set, []byte(data), revisions)
	number := history.Number()
	if current := history.Current(); current != nil {
		current.Revision = number
	} else {
		revisions = append(revisions, history.New("there"))
	}
	count, deletable := sidecarset.NewHistory(set, []byte(data), revisions).Surplus()
	return slices.DeleteFunc(revisions, func(r *appsv1.ControllerRevision) bool {
		at := slices.Index(deletable, r)
		return at >= 0 && at < count
	})
}

func numbers(revisions []*appsv1.ControllerRevision) []int64 {
	var result []int64
	for _, r := range revisions {
		result = append(result, r.Revision)
	}
	slices.Sort(result)
	return result
}

// Cases R23 and R24 of spec/inject.md 11.3.
func TestHistoryOverManyChanges(t *testing.T) {
	var revisions []*appsv1.ControllerRevision
	for change := range 15 {
		revisions = step(historySet(), fmt.Sprint("content ", change+1), revisions)
	}
	if diff := cmp.Diff([]int64{6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, numbers(revisions)); diff != "" {
		t.Errorf("after 14 changes: %s", diff)
	}
	revisions = step(historySet(), "content 12", revisions)
	if diff := cmp.Diff([]int64{6, 7, 8, 9, 10, 11, 13, 14, 15, 16}, numbers(revisions)); diff != "" {
		t.Errorf("after going back: %s", diff)
	}
}

// Whatever a SidecarSet goes through, its content is recorded by the one newest revision, no two revisions are equal, the limit holds, and
// doing the same again changes nothing.
func TestHistoryProperties(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		set := historySet(func(s *v1beta1.SidecarSet) {
			n := random.Int32N(5)
			s.Spec.RevisionHistoryLimit = &n
		})
		var revisions []*appsv1.ControllerRevision
		for range 30 {
			data := fmt.Sprint("content ", random.IntN(6))
			revisions = step(set, data, revisions)
			random.Shuffle(len(revisions), func(i, j int) { revisions[i], revisions[j] = revisions[j], revisions[i] })
			history := sidecarset.NewHistory(set, []byte(data), revisions)
			current := history.Current()
			if current == nil || current.Revision != history.Number() {
				t.Fatalf("seed %d: %q is not recorded by the newest revision of %v", seed, data, numbers(revisions))
			}
			if unique := slices.Compact(numbers(revisions)); len(unique) != len(revisions) || unique[len(unique)-1] != current.Revision {
				t.Fatalf("seed %d: numbers %v, current is %d", seed, numbers(revisions), current.Revision)
			}
			contents := map[string]bool{}
			for _, r := range revisions {
				contents[string(r.Data.Raw)] = true
			}
			if len(contents) != len(revisions) || len(revisions) > max(1, int(*set.Spec.RevisionHistoryLimit)) {
				t.Fatalf("seed %d: %d revisions with %d contents, limit %d", seed, len(revisions), len(contents), *set.Spec.RevisionHistoryLimit)
			}
			before := numbers(revisions)
			revisions = step(set, data, revisions)
			if diff := cmp.Diff(before, numbers(revisions)); diff != "" {
				t.Fatalf("seed %d: a second time: %s", seed, diff)
			}
		}
	}
}
