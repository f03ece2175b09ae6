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
// is worth a warning (quirk 13).
func (in *injection) addVolumes() decidedList {
	posted := &in.spec.volumes
	list := decidedList{path: "/spec/volumes", present: posted.present, before: len(posted.elements), elements: unchanged(len(posted.elements))}
	known := make(map[string]json.RawMessage, len(posted.names))
	for i, name := range posted.names {
		known[name] = posted.elements[i]
	}
	for _, p := range in.placed {
		for _, v := range p.sidecar.volumes {
			winner, ok := known[v.name]
			if !ok {
				known[v.name] = v.raw
				list.elements = append(list.elements, element{from: -1, value: v.raw})
			} else if !rawSame(winner, v.raw) {
				in.warn(p.choice.rule.name, "volume %q is defined differently by the pod or by another SidecarSet, whose definition is used", v.name)
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
	return list
}
