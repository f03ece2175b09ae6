package inject

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/kruise-admission/kruise-admission/decision"
)

// choice is a matched SidecarSet and the revision of it that this pod gets.
type choice struct {
	rule     *rule
	content  *content
	recorded bool       // the pod already carries the records of this very content
	placed   int        // sidecars that are injected
	left     []*sidecar // those that are not, because the pod keeps its own container
	changed  bool       // a container was added or replaced
}

// injection is the work on one pod.
type injection struct {
	options     *Options
	snapshot    *snapshot
	now         time.Time
	pod         *pod
	spec        *podSpec
	choices     []*choice // in the order in which they apply
	annotations annotations
	placed      []*placement      // in the order of the SidecarSets, init containers first
	skipped     []Reason          // SidecarSets that select the pod and yet do not apply
	told        decision.Decision // holds the warnings
	size        int               // of the containers that are made for this pod, in bytes

	// What sidecars ask of the pod, read once.
	shared         *shared
	envByContainer map[string]map[string]envVar
	sidecarNames   map[string]bool
}

// run decides the pod (spec/inject.md 4.1). The metadata of all SidecarSets is patched before anything else looks at the
// annotations, and stays patched when no container is injected.
func (in *injection) run() (*decided, error) {
	if err := in.checkAnnotations(); err != nil {
		return nil, err
	}
	in.annotations.before = in.pod.annotations
	in.markRecorded()
	if err := in.patchMetadata(); err != nil {
		return nil, err
	}
	result := &decided{metadata: in.pod.metadata, annotations: &in.annotations}
	if !slices.ContainsFunc(in.choices, func(c *choice) bool { return len(c.content.initContainers)+len(c.content.containers) > 0 }) {
		return result, nil
	}
	var err error
	if in.spec, err = readPodSpec(in.pod.spec); err != nil {
		return nil, err
	}
	result.spec = in.spec.present
	for _, c := range in.choices {
		if err := in.build(c); err != nil {
			return nil, err
		}
	}
	if err := in.settle(); err != nil {
		return nil, err
	}
	if len(in.placed) == 0 {
		return result, nil
	}
	volumes, err := in.addVolumes()
	if err != nil {
		return nil, err
	}
	result.lists = []decidedList{in.place(true), in.place(false), volumes, in.addSecrets()}
	for _, p := range in.placed {
		p.choice.placed++
		if len(p.sidecar.variants) > 1 {
			annotateHotUpgrade(&in.annotations, p.sidecar)
		}
	}
	in.writeRecords()
	return result, nil
}

// build makes the containers of one SidecarSet.
func (in *injection) build(c *choice) error {
	for _, list := range []struct {
		init     bool
		sidecars []*sidecar
	}{{true, c.content.initContainers}, {false, c.content.containers}} {
		for _, s := range list.sidecars {
			p := &placement{choice: c, sidecar: s, init: list.init, resources: s.resources}
			if err := in.buildSidecar(p); err != nil {
				return err
			}
			in.placed = append(in.placed, p)
		}
	}
	return nil
}

// buildSidecar encodes the containers of a sidecar with all that it takes from the pod (spec/inject.md 4.1, process).
func (in *injection) buildSidecar(p *placement) (err error) {
	s, owner := p.sidecar, p.choice.rule.name
	if s.imageless {
		in.warn(owner, "container %q has no upgradeStrategy.hotUpgradeEmptyImage: Kubernetes will refuse the pod", s.name)
	}
	p.raw = make([]json.RawMessage, len(s.variants))
	if s.asItIs {
		for i, v := range s.variants {
			p.raw[i] = v.complete
		}
		return nil
	}
	if s.policy != nil {
		if p.resources, err = in.computeResources(owner, s); err != nil {
			return err
		}
	}
	transferred, err := in.transferred(s)
	if err != nil {
		return err
	}
	env := mergeEnv(s.env, transferred)
	mounts, variables, err := in.mergeMounts(p, env)
	if err != nil {
		return err
	}
	devices, err := in.mergeDevices(owner, s, mounts)
	if err != nil {
		return err
	}
	env = mergeEnv(env, variables)
	for i, v := range s.variants {
		p.raw[i] = s.encode(v, env, mounts, devices, p.resources)
		if in.size += len(p.raw[i]); in.size > maxMade {
			return tooMuchShared(owner, p)
		}
	}
	return nil
}

// warn tells the user something about a SidecarSet, or about the pod when sidecarSet is empty.
func (in *injection) warn(sidecarSet, format string, args ...any) {
	if sidecarSet != "" {
		format, args = "SidecarSet %q: "+format, append([]any{sidecarSet}, args...)
	}
	in.told.Warnf(format, args...)
}
