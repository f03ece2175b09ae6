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

// savedProbe is an entry of the annotation.
type savedProbe struct {
	Name          string          `json:"name"`
	LivenessProbe json.RawMessage `json:"livenessProbe"`
}

func (p *Pipeline) enhancedLiveness(_ context.Context, d *draft) error {
	if !p.options.EnhancedLiveness {
		return nil
	}
	if wanted, _ := d.annotation(inject.EnhancedLivenessAnnotation); !d.read.Controller().WantsEnhancedLiveness(wanted) {
		return nil
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
	e.done()
	saved, _ := d.annotation(inject.SavedProbesAnnotation)
	probes = append(savedBefore(saved, probes), probes...)
	d.annotate(map[string]string{inject.SavedProbesAnnotation: string(encode(probes))})
	return nil
}

// savedBefore are the probes that an earlier pass has saved, apart from those of containers that have one again. When another webhook adds a
// container and the API server asks again, those of the others must not be lost.
func savedBefore(annotation string, now []savedProbe) []savedProbe {
	var before []savedProbe
	if json.Unmarshal([]byte(annotation), &before) != nil {
		return nil
	}
	again := map[string]bool{}
	for _, probe := range now {
		again[probe.Name] = true
	}
	return slices.DeleteFunc(before, func(saved savedProbe) bool { return absent(saved.LivenessProbe) || again[saved.Name] })
}
