package inject

import "github.com/kruise-admission/kruise-admission/api/sidecarset"

// pack moves the encoded fragments of a content into one piece of memory. The garbage collector visits every piece on its own, again and
// again while pods are created, and ten thousand SidecarSets have a hundred thousand fragments.
func (c *content) pack() {
	fragments := c.fragments()
	size := 0
	for _, fragment := range fragments {
		size += len(*fragment)
	}
	packed := make([]byte, 0, size)
	for _, fragment := range fragments {
		if *fragment == nil {
			continue // nil has a meaning of its own
		}
		start := len(packed)
		packed = append(packed, *fragment...)
		*fragment = packed[start:len(packed):len(packed)]
	}
}

// fragments lists where a content that is without error keeps JSON of its own.
func (c *content) fragments() []*[]byte {
	var all []*[]byte
	for i := range c.secrets {
		all = append(all, (*[]byte)(&c.secrets[i].raw))
	}
	for _, sidecars := range [][]*sidecar{c.initContainers, c.containers} {
		for _, s := range sidecars {
			all = append(all, s.fragments()...)
		}
	}
	return all
}

func (s *sidecar) fragments() []*[]byte {
	all := []*[]byte{(*[]byte)(&s.resources)}
	for i := range s.variants {
		v := &s.variants[i]
		all = append(all, &v.members, (*[]byte)(&v.complete))
		all = append(all, envFragments(v.tail)...)
	}
	all = append(all, envFragments(s.env)...)
	for i := range s.mounts {
		all = append(all, (*[]byte)(&s.mounts[i].raw))
	}
	for i := range s.devices {
		all = append(all, (*[]byte)(&s.devices[i].raw))
	}
	for i := range s.volumes {
		all = append(all, (*[]byte)(&s.volumes[i].raw))
	}
	return all
}

// envFragments leaves out the mark, which all share.
func envFragments(variables []envVar) []*[]byte {
	var all []*[]byte
	for i := range variables {
		if variables[i].Name != sidecarset.InjectedEnv {
			all = append(all, (*[]byte)(&variables[i].raw))
		}
	}
	return all
}
