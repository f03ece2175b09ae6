package inject

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// volume is a volume that a SidecarSet defines, as the pod gets it.
type volume struct {
	name string
	raw  json.RawMessage
}

// compileVolumes encodes the volumes of a SidecarSet. Of several with one name the last one counts (spec/inject.md 4.1).
func compileVolumes(typed []corev1.Volume, stored []json.RawMessage) (map[string]volume, error) {
	volumes := make(map[string]volume, len(typed))
	for i := range typed {
		tree, err := treeOf(&typed[i])
		if err == nil && i < len(stored) {
			var storedTree any
			if storedTree, err = parseTree(stored[i]); err == nil {
				tree = canonical(storedTree, tree)
			}
		}
		var raw json.RawMessage
		if err == nil {
			raw, err = json.Marshal(tree)
		}
		if err != nil {
			return nil, fmt.Errorf("spec.volumes[%d]: %w", i, err)
		}
		volumes[typed[i].Name] = volume{name: typed[i].Name, raw: raw}
	}
	return volumes, nil
}

// addVolumes puts the volumes that injected sidecars need behind those of the pod. The first definition of a name wins: the pod's,
// then that of the first SidecarSet (spec/inject.md 4.8). A definition that loses although it says something else
// is worth a warning (quirk 13); Clashes.Volume can have it otherwise.
func (in *injection) addVolumes() (decidedList, error) {
	posted := &in.spec.volumes
	list := decidedList{path: "/spec/volumes", posted: posted, elements: unchanged(len(posted.elements))}
	type definition struct {
		raw json.RawMessage
		at  int // its index in the pod, or -1
	}
	known := make(map[string]definition, len(posted.names))
	for i, name := range posted.names {
		known[name] = definition{posted.elements[i], i}
	}
	for _, p := range in.placed {
		for _, v := range p.sidecar.volumes {
			winner, ok := known[v.name]
			if !ok {
				known[v.name] = definition{v.raw, -1}
				list.elements = append(list.elements, element{from: -1, value: v.raw})
				continue
			}
			if rawSame(winner.raw, v.raw) {
				continue
			}
			take, err := in.clashingVolume(p, v.name, winner.at)
			if err != nil {
				return decidedList{}, err
			}
			if take {
				known[v.name] = definition{v.raw, -1}
				list.elements[winner.at].value = v.raw
			}
		}
	}
	for _, p := range in.placed {
		for _, name := range p.sidecar.undefined {
			if _, ok := known[name]; !ok {
				in.warn(p.choice.rule.name, "container %q mounts volume %q, which neither the SidecarSet nor the pod defines", p.sidecar.name, name)
			}
		}
	}
	return list, nil
}
