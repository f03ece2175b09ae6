package inject

import (
	"fmt"
	"strings"
)

// ClashPolicy says what happens when a pod's own container has the name of a sidecar. Containers that an earlier injection put
// there are replaced under every policy.
type ClashPolicy int

const (
	// ClashReplace puts the sidecar in the place of the pod's container, with a warning, as OpenKruise does without one. The
	// default. It cannot replace a container by an init container or the other way round; then the pod is refused.
	ClashReplace ClashPolicy = iota
	// ClashKeep leaves the pod's container and does not inject the sidecar, with a warning.
	ClashKeep
	// ClashRefuse refuses the pod.
	ClashRefuse
)

var clashPolicies = []string{ClashReplace: "replace", ClashKeep: "keep", ClashRefuse: "refuse"}

// String is the name that ParseClashPolicy reads.
func (p ClashPolicy) String() string {
	if p < 0 || int(p) >= len(clashPolicies) {
		return fmt.Sprintf("ClashPolicy(%d)", int(p))
	}
	return clashPolicies[p]
}

// ParseClashPolicy reads replace, keep or refuse.
func ParseClashPolicy(name string) (ClashPolicy, error) {
	for policy, known := range clashPolicies {
		if known == name {
			return ClashPolicy(policy), nil
		}
	}
	return 0, fmt.Errorf("unknown clash policy %q: use one of %s", name, strings.Join(clashPolicies, ", "))
}
