package podsteps

// Whether a pod gets the readiness gate KruisePodReady (spec/pod-other.md 1.2): OpenKruise's controllers make a pod unready through it before
// they update or delete it.

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"

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
	e, err := d.edit()
	if err != nil {
		return err
	}
	path := []string{"spec", "readinessGates"}
	list, err := e.member(path...)
	if err != nil {
		return err
	}
	var gates []corev1.PodReadinessGate
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
	if absent(pod.Spec()) {
		_, err = d.pod() // now that there is a spec, sidecars must not add another
	}
	return err
}
