package bench

import "fmt"

// A Variant is one server called with one pod.
type Variant struct {
	// Server is one of the Baselines, or "ours".
	Server string `json:"server"`
	// SidecarSets in the server; 0 for Baselines.
	SidecarSets int `json:"sidecarSets,omitempty"`
	// Pod says what the pod is like.
	Pod string `json:"pod"`
	// Matched says whether one SidecarSet is injected.
	Matched bool `json:"matched,omitempty"`

	shape podShape
}

// Name identifies the variant among all.
func (v Variant) Name() string {
	if v.Server != ours {
		return fmt.Sprintf("%s, %s", v.Server, v.Pod)
	}
	matched := "not matched"
	if v.Matched {
		matched = "injected"
	}
	return fmt.Sprintf("ours, %d sets, %s, %s", v.SidecarSets, v.Pod, matched)
}

// process identifies the server of the variant.
func (v Variant) process() string {
	if v.Server != ours {
		return v.Server
	}
	name := fmt.Sprintf("%s-%d", v.Server, v.SidecarSets)
	if v.Pod != pod3KB.name {
		name += "-big" // so that the memory of a server with small pods is not that which large ones left behind
	}
	return name
}

const ours = "ours"

// setCounts are the numbers of SidecarSets, of which one selects the pods that are to match.
var setCounts = []int{1, 10, 100, 1000, 10000}

// manySets is how many SidecarSets the server has that gets the large pods.
const manySets = 1000

// plan lists all variants. What goals compare stands close together, so that it is measured close together.
func plan() []Variant {
	variants := []Variant{variant("patch", 0, pod3KB, true), variant("decode", 0, pod3KB, false)}
	for _, count := range setCounts {
		variants = append(variants, variant(ours, count, pod3KB, true))
	}
	variants = append(variants, variant("allow", 0, pod3KB, false), variant("floor", 0, pod3KB, false))
	for _, count := range setCounts {
		variants = append(variants, variant(ours, count, pod3KB, false))
	}
	for _, shape := range bigPods {
		variants = append(variants, variant("patch", 0, shape, true), variant("decode", 0, shape, false), variant("floor", 0, shape, false),
			variant("allow", 0, shape, false), variant(ours, manySets, shape, true), variant(ours, manySets, shape, false))
	}
	return variants
}

func variant(server string, sets int, shape podShape, matched bool) Variant {
	return Variant{Server: server, SidecarSets: sets, Pod: shape.name, Matched: matched, shape: shape}
}
