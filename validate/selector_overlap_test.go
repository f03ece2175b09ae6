package validate

import (
	"math/rand/v2"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// TestOverlapIsExact compares with trying all label sets over a few keys and values. "other" stands for every value that no
// selector names.
func TestOverlapIsExact(t *testing.T) {
	keys, values := []string{"a", "b"}, []string{"", "x", "y", "z", "other"}
	var sets []labels.Set
	for _, a := range append([]string{"absent"}, values...) {
		for _, b := range append([]string{"absent"}, values...) {
			set := labels.Set{}
			if a != "absent" {
				set["a"] = a
			}
			if b != "absent" {
				set["b"] = b
			}
			sets = append(sets, set)
		}
	}
	random := rand.New(rand.NewPCG(3, 4))
	selector := func() *metav1.LabelSelector {
		s := &metav1.LabelSelector{}
		for range random.IntN(3) {
			key := keys[random.IntN(2)]
			some := values[random.IntN(3) : 3+random.IntN(2)]
			switch random.IntN(5) {
			case 0:
				s.MatchLabels = map[string]string{key: values[random.IntN(4)]}
			case 1:
				s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpIn, Values: some})
			case 2:
				s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpNotIn, Values: some})
			case 3:
				s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpExists})
			case 4:
				s.MatchExpressions = append(s.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist})
			}
		}
		return s
	}
	compile := func(s *metav1.LabelSelector) labels.Selector {
		compiled, err := metav1.LabelSelectorAsSelector(s)
		if err != nil {
			t.Fatal(err)
		}
		return compiled
	}
	overlapping := 0
	const rounds = 20_000
	for range rounds {
		a, b := selector(), selector()
		first, second := compile(a), compile(b)
		want := false
		for _, set := range sets {
			want = want || first.Matches(set) && second.Matches(set)
		}
		example, got := overlap(a, b)
		if got != want {
			t.Fatalf("overlap of %s and %s: %t (%s), want %t", metav1.FormatLabelSelector(a), metav1.FormatLabelSelector(b), got, example, want)
		}
		if back, symmetric := overlap(b, a); symmetric != got {
			t.Fatalf("overlap of %s and %s depends on their order (%s, %s)", metav1.FormatLabelSelector(a), metav1.FormatLabelSelector(b), example, back)
		}
		if want {
			overlapping++
		}
	}
	if overlapping == 0 || overlapping == rounds {
		t.Errorf("%d of %d overlap: the comparison proves nothing", overlapping, rounds)
	}
}
