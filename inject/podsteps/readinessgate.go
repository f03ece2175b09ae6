package podsteps

// Whether a pod gets the readiness gate KruisePodReady (spec/pod-other.md 1.2): OpenKruise's controllers make a pod unready through it before
// they update or delete it.

import (
	"context"
	"encoding/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

const kruisePodReady = "KruisePodReady"

func (p *Pipeline) readinessGate(_ context.Context, d *draft) error {
	pod, err := d.posted()
	if err != nil {
		return err
	}
	if !p.options.AlwaysReadinessGate && pod.Controller().Group() != v1beta1.GroupVersion.Group {
		return nil
	}
	// Without a spec there is no pod to speak of, and whoever adds the first member of it must not meet another who does.
	if absent(pod.Spec()) {
		return nil
	}
	e, err := d.edit()
	if err != nil {
		return err
	}
	path := []string{"spec", "readinessGates"}
	list, err := e.member(path...)
	if err != nil {
		return err
	}
	var gates []struct {
		ConditionType string `json:"conditionType"`
	}
	if !absent(list) {
		if err := decode(list, path, &gates); err != nil {
			return err
		}
	}
	for _, gate := range gates {
		if gate.ConditionType == kruisePodReady {
			return nil
		}
	}
	if err := e.append([]json.RawMessage{encode(map[string]string{"conditionType": kruisePodReady})}, path...); err != nil {
		return err
	}
	e.done()
	return nil
}
