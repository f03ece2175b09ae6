package inject

import (
	"fmt"
	"slices"
)

// shared is what the pod's own containers have mounted, for sidecars that share it (spec/inject.md 4.6). Init containers
// and containers marked as injected are no sources.
type shared struct {
	mounts  []sharedMount
	devices []device
}

// sharedMount is a mount with what its subPathExpr needs.
type sharedMount struct {
	mount
	container *podContainer
	variables []*envVar // those that its container defines, each once
	unshared  string    // why it cannot be shared; "" when it can
}

// shares reads what can be shared, once per pod.
func (in *injection) shares() (*shared, error) {
	if in.shared != nil {
		return in.shared, nil
	}
	all := &shared{}
	for i := range in.spec.containers.containers {
		c := &in.spec.containers.containers[i]
		injected, err := c.injected()
		if err != nil {
			return nil, err
		}
		if injected {
			continue
		}
		if err := all.add(c); err != nil {
			return nil, err
		}
	}
	in.shared = all
	return all, nil
}

func (all *shared) add(c *podContainer) error {
	mounts, err := c.mounts()
	if err != nil {
		return err
	}
	var defined map[string]*envVar
	all.mounts = slices.Grow(all.mounts, len(mounts))
	for _, m := range mounts {
		s := sharedMount{mount: m, container: c}
		if m.SubPathExpr != "" {
			if defined == nil {
				env, err := c.env()
				if err != nil {
					return err
				}
				defined = firstByName(env)
			}
			s.findVariables(defined)
		}
		all.mounts = append(all.mounts, s)
	}
	devices, err := c.devices()
	all.devices = append(all.devices, devices...)
	return err
}

// mergeMounts adds the shared mounts whose paths are free, and returns the variables that shared mounts need. The variables
// of a mount that lost its path come along, as OpenKruise has it. The sidecar's own mounts and devices keep their paths, unless Clashes.MountPath
// has it otherwise, and of several containers of the pod the first one wins. env are the variables that the sidecar has already.
func (in *injection) mergeMounts(p *placement, env []envVar) (mounts []mount, variables []envVar, err error) {
	s, owner := p.sidecar, p.choice.rule.name
	if !s.share {
		return s.mounts, nil, nil
	}
	all, err := in.shares()
	if err != nil {
		return nil, nil, err
	}
	used := s.uses(s.mounts)
	mounts = slices.Clone(s.mounts)
	own := slices.Clone(s.mounts) // those that no shared mount was compared with
	needed := neededVariables{own: env}
	for i := range all.mounts {
		m := &all.mounts[i]
		needed.add(m.variables)
		at := slices.IndexFunc(own, func(o mount) bool { return o.MountPath == m.MountPath })
		switch {
		case used.paths[m.MountPath] && at < 0:
			continue
		case used.asDevice[m.Name]:
			in.warn(owner, "container %q does not share mount %q of container %q: it uses volume %q as a device", s.name, m.MountPath, m.container.Name, m.Name)
			continue
		case m.unshared != "":
			in.warn(owner, "container %q does not share mount %q of container %q: its subPathExpr %s",
				s.name, m.MountPath, m.container.Name, m.unshared)
			continue
		case at >= 0:
			theirs := own[at]
			own = slices.Delete(own, at, at+1)
			take, err := in.clashingMount(p, theirs, m)
			if err != nil {
				return nil, nil, err
			}
			if !take {
				continue
			}
			mounts[slices.IndexFunc(mounts, func(o mount) bool { return o.MountPath == m.MountPath })] = m.mount
		default:
			used.paths[m.MountPath] = true
			mounts = append(mounts, m.mount)
		}
		// The variable that the sidecar has already wins, and the mount may lead elsewhere than the container's (quirk 12).
		for _, variable := range m.variables {
			if needed.otherwise(variable) {
				in.warn(owner, "container %q shares mount %q of container %q, whose subPathExpr uses %s, but has another value of it",
					s.name, m.MountPath, m.container.Name, variable.Name)
			}
		}
	}
	return mounts, needed.variables, nil
}

// mergeDevices adds the shared devices whose paths are free of devices and mounts.
func (in *injection) mergeDevices(owner string, s *sidecar, mounts []mount) ([]device, error) {
	if !s.shareDevices {
		return s.devices, nil
	}
	all, err := in.shares()
	if err != nil {
		return nil, err
	}
	used := s.uses(mounts)
	devices := slices.Clone(s.devices)
	for _, d := range all.devices {
		switch {
		case used.paths[d.DevicePath]:
		case used.asMount[d.Name] || used.asDevice[d.Name]:
			in.warn(owner, "container %q does not share device %q: it uses volume %q already", s.name, d.DevicePath, d.Name)
		default:
			used.paths[d.DevicePath], used.asDevice[d.Name] = true, true
			devices = append(devices, d)
		}
	}
	return devices, nil
}

// uses are the paths and volumes of a container. Kubernetes refuses a container that uses a path twice, a volume both as a file
// system and as a device, or a volume as two devices.
type uses struct {
	paths, asMount, asDevice map[string]bool
}

// uses collects what the sidecar uses itself, with its mounts as merged so far.
func (s *sidecar) uses(mounts []mount) uses {
	u := uses{paths: map[string]bool{}, asMount: map[string]bool{}, asDevice: map[string]bool{}}
	for _, m := range mounts {
		u.paths[m.MountPath], u.asMount[m.Name] = true, true
	}
	for _, d := range s.devices {
		u.paths[d.DevicePath], u.asDevice[d.Name] = true, true
	}
	return u
}

// checkPaths says whether the sidecar's own mounts and devices each have a path of their own. Shared ones cannot clash with them.
func (s *sidecar) checkPaths() error {
	taken := map[string]bool{}
	for _, m := range s.mounts {
		if taken[m.MountPath] {
			return fmt.Errorf("volumeMounts: mountPath %q is used twice: give every mount a path of its own", m.MountPath)
		}
		taken[m.MountPath] = true
	}
	for _, d := range s.devices {
		if taken[d.DevicePath] {
			return fmt.Errorf("volumeDevices: devicePath %q is used twice: give every device a path of its own", d.DevicePath)
		}
		taken[d.DevicePath] = true
	}
	return nil
}
