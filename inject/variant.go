package inject

import (
	"bytes"
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
	var b bytes.Buffer
	b.WriteByte('{')
	b.Write(v.members)
	writeEntries(&b, "env", slices.Concat(env, v.tail), func(e envVar) json.RawMessage { return e.raw })
	if resources != nil {
		b.WriteString(`,"resources":`)
		b.Write(resources)
	}
	writeEntries(&b, "volumeMounts", mounts, func(m mount) json.RawMessage { return m.raw })
	writeEntries(&b, "volumeDevices", devices, func(d device) json.RawMessage { return d.raw })
	b.WriteByte('}')
	return b.Bytes()
}

func writeEntries[T any](b *bytes.Buffer, member string, entries []T, raw func(T) json.RawMessage) {
	for i, entry := range entries {
		if i == 0 {
			b.WriteString(`,"` + member + `":[`)
		} else {
			b.WriteByte(',')
		}
		b.Write(raw(entry))
	}
	if len(entries) > 0 {
		b.WriteByte(']')
	}
}
