package inject

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// variant is a container as the pod gets it.
type variant struct {
	name     string
	members  []byte          // the encoded members that never depend on the pod
	tail     []envVar        // variables behind all others
	complete json.RawMessage // the container, if nothing in it depends on the pod
}

// encodeVariants encodes what goes into the pod: the sidecar, or the pair of a hot upgrade.
func (s *sidecar) encodeVariants(tree map[string]any, hot bool, emptyImage string) error {
	if !hot {
		return s.encodeVariant(tree, variant{name: s.name})
	}
	first, second := s.name+sidecarset.HotUpgradeSuffix1, s.name+sidecarset.HotUpgradeSuffix2
	working, idle := maps.Clone(tree), maps.Clone(tree)
	working["name"] = first
	idle["name"], idle["image"] = second, emptyImage
	if emptyImage == "" {
		delete(idle, "image")
	}
	if err := s.encodeVariant(working, variant{name: first, tail: versionEnv(first)}); err != nil {
		return err
	}
	return s.encodeVariant(idle, variant{name: second, tail: versionEnv(second)})
}

func (s *sidecar) encodeVariant(tree map[string]any, v variant) error {
	raw, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	v.members = raw[1 : len(raw)-1] // a container always has at least its name
	if s.asItIs {
		v.complete = s.alone(&v)
	}
	s.variants = append(s.variants, v)
	return nil
}

// alone is the container when nothing is shared, transferred or computed.
func (s *sidecar) alone(v *variant) json.RawMessage {
	if v.complete != nil {
		return v.complete
	}
	return s.encode(*v, s.env, s.mounts, s.devices, s.resources)
}

// encode assembles a container.
func (s *sidecar) encode(v variant, env []envVar, mounts []mount, devices []device, resources json.RawMessage) json.RawMessage {
	const names = len(`{,"env":[],"resources":,"volumeMounts":[],"volumeDevices":[]}`)
	size := names + len(v.members) + len(resources) + sizeOf(env, envVar.fragment) + sizeOf(v.tail, envVar.fragment) +
		sizeOf(mounts, mount.fragment) + sizeOf(devices, device.fragment)
	b := append(make([]byte, 0, size), '{')
	b = append(b, v.members...)
	if len(v.tail) > 0 {
		env = slices.Concat(env, v.tail)
	}
	b = appendEntries(b, "env", env, envVar.fragment)
	if resources != nil {
		b = append(b, `,"resources":`...)
		b = append(b, resources...)
	}
	b = appendEntries(b, "volumeMounts", mounts, mount.fragment)
	b = appendEntries(b, "volumeDevices", devices, device.fragment)
	return append(b, '}')
}

func (e envVar) fragment() json.RawMessage { return e.raw }
func (m mount) fragment() json.RawMessage  { return m.raw }
func (d device) fragment() json.RawMessage { return d.raw }

// sizeOf is how much room entries take, with a comma each.
func sizeOf[T any](entries []T, raw func(T) json.RawMessage) int {
	size := len(entries)
	for _, entry := range entries {
		size += len(raw(entry))
	}
	return size
}

func appendEntries[T any](b []byte, member string, entries []T, raw func(T) json.RawMessage) []byte {
	for i, entry := range entries {
		if i == 0 {
			b = append(b, `,"`+member+`":[`...)
		} else {
			b = append(b, ',')
		}
		b = append(b, raw(entry)...)
	}
	if len(entries) > 0 {
		b = append(b, ']')
	}
	return b
}
