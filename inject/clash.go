package inject

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClashPolicy says what happens when the pod has already what a SidecarSet brings under the same name or path, but another one. What
// an earlier injection put there clashes with nothing.
type ClashPolicy int

const (
	// ClashDefault is what OpenKruise does, with a warning: see Clashes.
	ClashDefault ClashPolicy = iota
	// ClashReplace takes the SidecarSet's, with a warning.
	ClashReplace
	// ClashKeep takes the pod's, with a warning.
	ClashKeep
	// ClashRefuse refuses the pod.
	ClashRefuse
)

// Clashes are the policies for the things that can clash.
type Clashes struct {
	// Container is for a container of the pod that has the name of a sidecar. Default: ClashReplace. A container cannot be replaced
	// by an init container or the other way round; then the pod is refused. ClashKeep injects no such sidecar.
	Container ClashPolicy
	// Volume is for a volume of the pod that has the name of one of the SidecarSet and is defined differently. Default: ClashKeep. Of
	// two SidecarSets the first one's volume is taken, or the pod refused.
	Volume ClashPolicy
	// MountPath is for a sidecar that shares the volumes of the pod's containers, and has another volume mounted where one of them has
	// its own. Default: ClashReplace, which means that the sidecar keeps its own mount. ClashKeep gives it the container's.
	MountPath ClashPolicy
}

// withDefaults spells ClashDefault out.
func (c Clashes) withDefaults() Clashes {
	for _, policy := range []struct {
		at        *ClashPolicy
		byDefault ClashPolicy
	}{{&c.Container, ClashReplace}, {&c.Volume, ClashKeep}, {&c.MountPath, ClashReplace}} {
		if *policy.at == ClashDefault {
			*policy.at = policy.byDefault
		}
	}
	return c
}

// clashPolicies are the names of those that can be chosen.
var clashPolicies = []string{ClashReplace: "replace", ClashKeep: "keep", ClashRefuse: "refuse"}

// ClashPolicies lists the names that ParseClashPolicy reads.
func ClashPolicies() []string { return slices.Clone(clashPolicies[ClashReplace:]) }

// String is the name that ParseClashPolicy reads.
func (p ClashPolicy) String() string {
	if p <= ClashDefault || int(p) >= len(clashPolicies) {
		return fmt.Sprintf("ClashPolicy(%d)", int(p))
	}
	return clashPolicies[p]
}

// ParseClashPolicy reads replace, keep or refuse.
func ParseClashPolicy(name string) (ClashPolicy, error) {
	if i := slices.Index(clashPolicies, name); i > int(ClashDefault) {
		return ClashPolicy(i), nil
	}
	return ClashDefault, fmt.Errorf("unknown clash policy %q: use one of %s", name, strings.Join(ClashPolicies(), ", "))
}

// clashingMount decides about a mount of the sidecar itself and one that it would share at the same path, and says whether the shared one
// takes its place.
func (in *injection) clashingMount(p *placement, own mount, sharing *sharedMount) (take bool, err error) {
	owner, policy := p.choice.rule.name, in.options.Clashes.MountPath
	switch {
	case own.Name == sharing.Name && own.SubPath == sharing.SubPath && own.SubPathExpr == sharing.SubPathExpr:
		return false, nil
	case policy == ClashRefuse && !p.choice.recorded:
		return false, invalid(metav1.CauseTypeFieldValueDuplicate, sharing.container.path()+".volumeMounts", owner,
			"mountPath %q leads to volume %q, and container %q, which shares the volumes of this one, has volume %q there: use another path",
			own.MountPath, sharing.Name, p.sidecar.name, own.Name)
	case policy == ClashKeep:
		in.warn(owner, "container %q mounts volume %q of container %q at %q instead of its own volume %q",
			p.sidecar.name, sharing.Name, sharing.container.Name, own.MountPath, own.Name)
		return true, nil
	}
	in.warn(owner, "container %q does not share mount %q of container %q: it has volume %q there itself",
		p.sidecar.name, own.MountPath, sharing.container.Name, own.Name)
	return false, nil
}

// clashingVolume decides about a volume that is defined already, differently, by the pod or by an earlier SidecarSet, and says whether
// it takes the place of the pod's. at is the index of the pod's volume, or negative.
func (in *injection) clashingVolume(p *placement, name string, at int) (take bool, err error) {
	owner, policy := p.choice.rule.name, in.options.Clashes.Volume
	switch {
	case policy == ClashRefuse && !p.choice.recorded && at < 0:
		return false, invalid(metav1.CauseTypeFieldValueDuplicate, "spec.volumes", owner,
			"volume %q is defined differently by another SidecarSet: rename it in one of them, or change their selectors so that no pod matches both", name)
	case policy == ClashRefuse && !p.choice.recorded:
		return false, invalid(metav1.CauseTypeFieldValueDuplicate, fmt.Sprintf("spec.volumes[%d].name", at), owner,
			"the pod's volume %q has the name of another volume of the SidecarSet: rename the volume", name)
	case policy == ClashReplace && at >= 0:
		in.warn(owner, "the pod's volume %q is replaced by the SidecarSet's: rename the volume to keep it", name)
		return true, nil
	}
	in.warn(owner, "volume %q is defined differently by the pod or by another SidecarSet, whose definition is used", name)
	return false, nil
}
