package podsteps

// Whether the liveness probes of a pod are handed over to OpenKruise's daemon (spec/pod-other.md 1.7). They leave the containers, where the kubelet
// would act on them, and go into an annotation.

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// enhancedLivenessWord is in inject.EnhancedLivenessAnnotation, for draft.mentions.
const enhancedLivenessWord = "using-enhanced-liveness"

// savedProbe is an entry of the annotation.
type savedProbe struct {
	Name          string          `json:"name"`
	LivenessProbe json.RawMessage `json:"livenessProbe"`
}

func (p *Pipeline) enhancedLiveness(_ context.Context, d *draft) error {
	if !p.options.EnhancedLiveness || !d.mentions(enhancedLivenessWord) {
		return nil
	}
	pod, err := d.pod()
	if err != nil || !pod.WantsEnhancedLiveness() {
		return err
	}
	e, err := d.edit()
	if err != nil {
		return err
	}
	containers, err := e.containers("containers")
	if err != nil {
		return err
	}
	var probes []savedProbe
	for i := range containers {
		c := &containers[i]
		if absent(c.LivenessProbe) {
			continue
		}
		e.operations = append(e.operations, decision.Remove(c.pointer("livenessProbe")))
		probes = append(probes, savedProbe{c.Name, c.LivenessProbe})
	}
	if len(probes) == 0 {
		return nil
	}
	probes = append(savedBefore(pod, probes), probes...)
	if err := e.annotate(map[string]string{inject.SavedProbesAnnotation: string(encode(probes))}); err != nil {
		return err
	}
	e.done()
	return nil
}

// savedBefore are the probes that an earlier pass has saved, apart from those of containers that have one again. When another webhook adds a
// container and the API server asks again, those of the others must not be lost.
func savedBefore(pod *inject.Pod, now []savedProbe) []savedProbe {
	var before []savedProbe
	if json.Unmarshal([]byte(pod.Annotations()[inject.SavedProbesAnnotation]), &before) != nil {
		return nil
	}
	again := map[string]bool{}
	for _, probe := range now {
		again[probe.Name] = true
	}
	return slices.DeleteFunc(before, func(saved savedProbe) bool { return absent(saved.LivenessProbe) || again[saved.Name] })
}
