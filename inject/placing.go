package inject

import (
	"cmp"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// placement is a sidecar on its way into the pod.
type placement struct {
	choice  *choice
	sidecar *sidecar
	init    bool
	raw     []json.RawMessage // one for each variant
}

// incoming is one container to be placed, and where it came from.
type incoming struct {
	*placement
	name string
	raw  json.RawMessage
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

func (in *injection) settleOne(p *placement) (inject bool, err error) {
	own, other, listName := &in.spec.containers, &in.spec.initContainers, "spec.containers"
	if p.init {
		own, other, listName = other, own, "spec.initContainers"
	}
	owner := p.choice.rule.name
	for _, v := range p.sidecar.variants {
		path, clash := "", false
		var crossing, double bool
		for i := range own.containers {
			c := &own.containers[i]
			if c.Name != v.name {
				continue
			}
			injected, err := c.injected()
			if err != nil {
				return false, err
			}
			double = path != ""
			path, clash = c.path, clash || !injected
		}
		for i := range other.containers {
			if other.containers[i].Name == v.name {
				path, clash, crossing = other.containers[i].path, true, true
			}
		}
		switch {
		case path == "" || !clash && !double:
		case in.options.Clash == ClashKeep:
			in.warn(owner, "container %q is not injected: the pod has a container of that name (%s)", v.name, path)
			return false, nil
		case in.options.Clash == ClashRefuse || crossing || double:
			return false, invalid(metav1.CauseTypeFieldValueDuplicate, path+".name", owner,
				"the pod's container %q has the name of a sidecar for %s: rename the container", v.name, listName)
		default:
			in.warn(owner, "the pod's container %q (%s) is replaced by the sidecar of that name: rename the container to keep it", v.name, path)
		}
	}
	return true, nil
}

func (in *injection) refuseDouble(p, other *placement, name string) error {
	list := "spec.containers"
	if p.init {
		list = "spec.initContainers"
	}
	return invalid(metav1.CauseTypeFieldValueDuplicate, list, p.choice.rule.name,
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
	list := decidedList{path: path, present: posted.present, before: len(posted.elements)}
	own := unchanged(len(posted.elements))
	var before, after []element
	for _, arriving := range in.arriving(init) {
		i := slices.Index(posted.names, arriving.name)
		switch {
		case i >= 0 && in.settledBefore(arriving, posted.elements[i]):
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

// settledBefore says whether the pod's container of that name is the sidecar already. When the SidecarSet's records are those that it
// would get now, the container was injected by an earlier pass, and what that pass decided stays: shared mounts, transferred
// variables and computed resources are not decided again, because now other sidecars are in the pod. What the API
// server added meanwhile, such as the mount of the service account token, stays as well: no plugin would add it once more.
func (in *injection) settledBefore(arriving incoming, present json.RawMessage) bool {
	if !arriving.choice.recorded {
		return rawEqual(present, arriving.raw)
	}
	i := slices.IndexFunc(arriving.sidecar.variants, func(v variant) bool { return v.name == arriving.name })
	have, haveErr := parseTree(present)
	want, wantErr := parseTree(arriving.sidecar.variants[i].complete)
	haveMembers, haveObject := have.(map[string]any)
	wantMembers, wantObject := want.(map[string]any)
	if haveErr != nil || wantErr != nil || !haveObject || !wantObject {
		return false
	}
	// The API server's AlwaysPullImages plugin overwrites the policy and later refuses the pod if somebody changed it back.
	if haveMembers["imagePullPolicy"] == string(corev1.PullAlways) {
		delete(wantMembers, "imagePullPolicy")
	}
	return covers(have, want)
}

// arriving lists the containers to place, in their order: init containers by name, containers in the order of the SidecarSets
// unless they are to be sorted as well (spec/inject.md 4.3, 4.4).
func (in *injection) arriving(init bool) []incoming {
	var all []incoming
	for _, p := range in.placed {
		if p.init != init {
			continue
		}
		for i, v := range p.sidecar.variants {
			all = append(all, incoming{placement: p, name: v.name, raw: p.raw[i]})
		}
	}
	if init || in.options.SortContainersByName {
		slices.SortStableFunc(all, func(a, b incoming) int { return cmp.Compare(a.name, b.name) })
	}
	return all
}
