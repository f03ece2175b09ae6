package podsteps

// Whether a pod gets the readiness gate KruisePodReady (spec/pod-other.md 1.2): OpenKruise's controllers make a pod unready through it before
// they update or delete it.

import (
	"context"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/inject"
)

const kruisePodReady = "KruisePodReady"

func isOfKruise(pod inject.Pod) bool {
	group := v1beta1.GroupVersion.Group
	return pod.MayBeOwnedBy(group) && pod.Controller().Group() == group
}

func (p *Pipeline) readinessGate(_ context.Context, d *draft) error {
	if !p.options.AlwaysReadinessGate && !isOfKruise(d.read) {
		return nil
	}
	e, path := d.editAside(), []string{"spec", "readinessGates"}
	_, list, err := e.find(path)
	if err != nil {
		return err
	}
	var gates []corev1.PodReadinessGate
	if list != nil {
		if err := decode(list, path, &gates); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(gates, func(gate corev1.PodReadinessGate) bool { return gate.ConditionType == kruisePodReady }) {
		return nil
	}
	if err := e.append([]json.RawMessage{encode(corev1.PodReadinessGate{ConditionType: kruisePodReady})}, path...); err != nil {
		return err
	}
	e.done()
	if absent(e.spec) {
		return d.apply() // now that there is a spec, sidecars must not add another
	}
	return nil
}
