package inject

import (
	"context"
	"slices"
	"strings"

	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// Applied is a SidecarSet that applies to a pod, and what the pod says of an earlier injection.
type Applied struct {
	// SidecarSet is its name.
	SidecarSet string
	// Revision is the ControllerRevision that the pod would get if it were created now; empty while none is recorded.
	Revision string
	// Pinned says that it is an older revision instead of the live one.
	Pinned bool
	// Containers names the containers that it brings, init containers first, as they are called in pods. Empty: it only patches metadata.
	Containers []string
	// Recorded says that the pod carries a record of its injection.
	Recorded bool
	// RecordedRevision is the ControllerRevision in that record; old releases of OpenKruise wrote none.
	RecordedRevision string
	// Current says that the record is of the containers that the pod would get now.
	Current bool
	// Own names the pod's own containers that are called like one of Containers. Of a pod without a spec they are not known.
	Own []string
	// Refused is why the pod would be refused because of this SidecarSet, such as a pinned revision that is gone; nil: it would not.
	Refused error
}

// Applied asks which SidecarSets apply to a pod, given as JSON, and which of them it has been injected with. Metadata and
// status.phase suffice; the spec only says more (see [Applied.Own]). namespace counts when the pod has none. Of a pod that has finished or
// is being deleted it says nothing. It fails for a pod that cannot be read, and when it cannot tell (see decision.CannotTell).
func (e *Engine) Applied(ctx context.Context, namespace string, object []byte) ([]Applied, error) {
	current, err := e.current()
	if err != nil {
		return nil, err
	}
	pod, err := readPod(object, namespace)
	if err != nil || pod.finished {
		return nil, err
	}
	matched, _, err := (&matcher{view: e.options.View, pod: pod}).matching(ctx, current.candidates(pod))
	if err != nil || len(matched) == 0 {
		return nil, err
	}
	var own []string
	if !absent(pod.spec) {
		spec, err := readPodSpec(pod.spec)
		if err != nil {
			return nil, err
		}
		own = slices.Concat(spec.initContainers.names, spec.containers.names)
	}
	records, _ := parseRecords(pod.annotations[sidecarset.HashAnnotation])
	all := make([]Applied, len(matched))
	for i, r := range matched {
		all[i] = r.appliedTo(pod, own, records)
	}
	return all, nil
}

func (r *rule) appliedTo(pod *pod, own []string, records map[string]*record) Applied {
	a := Applied{SidecarSet: r.name}
	record, recorded := records[r.name]
	if a.Recorded = recorded; recorded {
		a.RecordedRevision = record.ControllerRevision
	}
	chosen, err := r.choose(pod)
	if err != nil {
		a.Refused = err
		return a
	}
	a.Revision, a.Pinned = chosen.revision, chosen != r.live
	a.Current = recorded && record.Hash == chosen.hash
	for _, s := range slices.Concat(chosen.initContainers, chosen.containers) {
		for _, v := range s.variants {
			a.Containers = append(a.Containers, v.name)
			if !recorded && slices.Contains(own, v.name) {
				a.Own = append(a.Own, v.name)
			}
		}
	}
	return a
}

// Ignored lists the SidecarSets that are not injected into any pod whatever, by name: Broken ones, those whose selector is
// empty (SelectorDiffers), and Paused ones.
func (e *Engine) Ignored() ([]Reason, error) {
	current, err := e.current()
	if err != nil {
		return nil, err
	}
	var reasons []Reason
	for name, r := range current.rules.all() {
		switch {
		case r.broken != nil:
			reasons = append(reasons, Reason{name, Broken, r.broken.Error()})
		case r.selector.nothing():
			reasons = append(reasons, Reason{name, SelectorDiffers, "it is empty, which selects nothing"})
		case r.paused:
			reasons = append(reasons, Reason{name, Paused, "spec.injectionStrategy.paused is set"})
		}
	}
	slices.SortFunc(reasons, func(a, b Reason) int { return strings.Compare(a.SidecarSet, b.SidecarSet) })
	return reasons, nil
}
