package inject

import (
	"cmp"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placement is a sidecar on its way into the pod.
type placement struct {
	choice    *choice
	sidecar   *sidecar
	init      bool
	resources json.RawMessage   // as written in the SidecarSet, or computed
	raw       []json.RawMessage // one for each variant
}

// incoming is one container to be placed, and where it came from.
type incoming struct {
	*placement
	variant *variant
	raw     json.RawMessage
}

// settle decides for every sidecar whether it is injected at all: names must be unique in the pod afterwards. It refuses the pod
// when they cannot be (quirks 8, 40 and 53).
func (in *injection) settle() error {
	owners := map[string]*placement{}
	var settled []*placement
	for _, p := range in.placed {
		for _, v := range p.sidecar.variants {
			if other := owners[v.name]; other != nil {
				return in.refuseDouble(p, other, v.name)
			}
			owners[v.name] = p
		}
		inject, err := in.settleOne(p)
		if err != nil {
			return err
		}
		if inject {
			settled = append(settled, p)
		} else {
			p.choice.left = append(p.choice.left, p.sidecar)
		}
	}
	in.placed = settled
	return nil
}

// settleOne says whether the sidecar is injected, as far as the pod's own containers are concerned.
func (in *injection) settleOne(p *placement) (inject bool, err error) {
	owner := p.choice.rule.name
	for _, v := range p.sidecar.variants {
		found, err := in.namesakes(v.name, p.init)
		switch {
		case err != nil:
			return false, err
		case !found.clash:
		case in.options.Clashes.Container == ClashKeep:
			in.warn(owner, "container %q is not injected: the pod has a container of that name (%s)", v.name, found.path)
			return false, nil
		case in.options.Clashes.Container == ClashRefuse || !found.replaceable:
			return false, invalid(metav1.CauseTypeFieldValueDuplicate, found.path+".name", owner,
				"the pod's container %q has the name of a sidecar for %s: rename the container", v.name, listField(p.init))
		default:
			in.warn(owner, "the pod's container %q (%s) is replaced by the sidecar of that name: rename the container to keep it", v.name, found.path)
		}
	}
	return true, nil
}

// namesakes are the pod's containers that have the name of a sidecar.
type namesakes struct {
	path        string // of the last one
	clash       bool   // they are not just the sidecar of an earlier injection
	replaceable bool   // there is one, and in the list where the sidecar goes
}

func (in *injection) namesakes(name string, init bool) (found namesakes, err error) {
	own, other := &in.spec.containers, &in.spec.initContainers
	if init {
		own, other = other, own
	}
	for i := range own.containers {
		if c := &own.containers[i]; c.Name == name {
			injected, err := c.injected()
			if err != nil {
				return found, err
			}
			found = namesakes{path: c.path(), clash: found.path != "" || !injected, replaceable: found.path == ""}
		}
	}
	for i := range other.containers {
		if c := &other.containers[i]; c.Name == name {
			found = namesakes{path: c.path(), clash: true}
		}
	}
	return found, nil
}

func listField(init bool) string {
	if init {
		return "spec.initContainers"
	}
	return "spec.containers"
}

func (in *injection) refuseDouble(p, other *placement, name string) error {
	return invalid(metav1.CauseTypeFieldValueDuplicate, listField(p.init), p.choice.rule.name,
		"SidecarSet %q also injects a container named %q: rename it in one of them, or change their selectors so that no pod matches both",
		other.choice.rule.name, name)
}

// place gives the decided list: what goes in front, the pod's containers with those that are replaced, what goes behind
// (spec/inject.md 4.2).
func (in *injection) place(init bool) decidedList {
	posted, path := &in.spec.containers, "/spec/containers"
	if init {
		posted, path = &in.spec.initContainers, "/spec/initContainers"
	}
	list := decidedList{path: path, posted: &posted.rawList}
	own := unchanged(len(posted.elements))
	var before, after []element
	probesSaved := in.probesSaved()
	for _, arriving := range in.arriving(init) {
		name := arriving.variant.name
		i := slices.Index(posted.names, name)
		switch {
		case i >= 0 && arriving.alreadyIn(posted.elements[i], in.options.Clashes.MountPath == ClashKeep, !init && probesSaved[name]):
			continue
		case i >= 0:
			own[i].value = arriving.raw
		case arriving.sidecar.before:
			before = append(before, element{from: -1, value: arriving.raw})
		default:
			after = append(after, element{from: -1, value: arriving.raw})
		}
		arriving.choice.changed = true
	}
	list.elements = slices.Concat(before, own, after)
	return list
}

// arriving lists the containers to place, in their order: init containers by name, containers in the order of the SidecarSets
// unless they are to be sorted as well (spec/inject.md 4.3, 4.4).
func (in *injection) arriving(init bool) []incoming {
	var all []incoming
	for _, p := range in.placed {
		if p.init != init {
			continue
		}
		for i := range p.sidecar.variants {
			all = append(all, incoming{placement: p, variant: &p.sidecar.variants[i], raw: p.raw[i]})
		}
	}
	if init || in.options.SortContainersByName {
		slices.SortStableFunc(all, func(a, b incoming) int { return cmp.Compare(a.variant.name, b.variant.name) })
	}
	return all
}
