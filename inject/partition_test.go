package inject

import (
	"fmt"
	"math"
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestParsePartition(t *testing.T) {
	for text, want := range map[string]partition{"0%": 0, "25%": 0.25, "12.5%": 0.125, "100%": 1, "-5%": -0.05, "250%": 2.5} {
		value := intstr.FromString(text)
		if got, err := parsePartition(&value); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"abc%", "50", "%", "", "NaN%"} {
		value := intstr.FromString(text)
		if got, err := parsePartition(&value); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
	number := intstr.FromInt32(5)
	for _, value := range []*intstr.IntOrString{nil, &number} {
		if got, err := parsePartition(value); err != nil || got != 0 {
			t.Errorf("%v: got %v, %v, want 0", value, got, err)
		}
	}
}

// TestPartitionShare checks that the share comes out among the pods of one owner, and among owners whose pods have no name yet. The
// samples are fixed, so the figures are as well; four standard deviations tell a wrong hash from an unlucky one.
func TestPartitionShare(t *testing.T) {
	samples := map[string]func(i int) *pod{
		"pods of a StatefulSet": func(i int) *pod { return &pod{namespace: "shop", owner: "uid", name: fmt.Sprintf("web-%d", i)} },
		"pods without an owner": func(i int) *pod { return &pod{namespace: "shop", name: fmt.Sprintf("web-%d", i)} },
		"ReplicaSets": func(i int) *pod {
			return &pod{namespace: "shop", owner: "uid", generateName: fmt.Sprintf("web-%d-", i)}
		},
		"namespaces": func(i int) *pod { return &pod{namespace: fmt.Sprintf("ns-%d", i), name: "web-0"} },
	}
	const count = 10000
	for name, sample := range samples {
		for _, share := range []float64{0.01, 0.25, 0.5, 0.99} {
			t.Run(fmt.Sprintf("%s %v", name, share), func(t *testing.T) {
				included := 0
				for i := range count {
					if partition(share).includes("s", sample(i)) {
						included++
					}
				}
				if deviation := math.Sqrt(count * share * (1 - share)); math.Abs(float64(included)-count*share) > 4*deviation {
					t.Errorf("%d of %d", included, count)
				}
			})
		}
	}
}

func TestPartitionIsStable(t *testing.T) {
	moved, differing := 0, 0
	for i := range 1000 {
		p := &pod{namespace: "shop", owner: "uid", name: fmt.Sprintf("web-%d", i)}
		again := &pod{namespace: "shop", owner: "uid", name: p.name, labels: map[string]string{"changed": "yes"}}
		if partition(0.5).includes("s", p) != partition(0.5).includes("s", again) {
			t.Fatalf("%s: another answer at a retry", p.name)
		}
		if partition(0.3).includes("s", p) && !partition(0.6).includes("s", p) {
			moved++
		}
		if partition(0.5).includes("s", p) != partition(0.5).includes("other", p) {
			differing++
		}
	}
	if moved > 0 {
		t.Errorf("%d pods left the pinned revision when the share was raised", moved)
	}
	if differing < 300 {
		t.Errorf("two SidecarSets chose the same pods, but for %d of 1000", differing)
	}
	for _, share := range []partition{0, -1} {
		if share.includes("s", &pod{}) {
			t.Errorf("%v includes a pod", share)
		}
	}
	if !partition(1).includes("s", &pod{}) {
		t.Error("1 leaves a pod out")
	}
}
