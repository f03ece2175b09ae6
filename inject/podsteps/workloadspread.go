package podsteps

// Whether a WorkloadSpread may concern a pod (spec/pod-other.md 1.3). Which subset it gets is decided by package workloadspread.

import (
	"context"

	corev1 "k8s.io/api/core/v1"

	"github.com/kruise-admission/kruise-admission/api/wire"
	"github.com/kruise-admission/kruise-admission/inject"
)

func (p *Pipeline) workloadSpread(ctx context.Context, d *draft) error {
	if p.options.WorkloadSpreads == nil {
		return nil
	}
	pod := d.read
	if pod.Finished() || len(p.options.View.WorkloadSpreads(pod.Namespace())) == 0 || pod.Controller() == (inject.Owner{}) {
		return nil
	}
	if err := d.apply(); err != nil {
		return err
	}
	decoded, err := decodePod(d.raw)
	if err != nil {
		return err
	}
	operations, err := p.options.WorkloadSpreads.Mutate(ctx, d.request, decoded, d.raw)
	if err != nil || len(operations) == 0 {
		return err
	}
	d.add(operations)
	if err := d.apply(); err != nil { // now, because the patch of a subset may say anything
		return err
	}
	d.spread, err = decodePod(d.raw)
	return err
}

func decodePod(raw []byte) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	if err := wire.Decode(raw, corev1.SchemeGroupVersion.WithKind("Pod"), pod); err != nil {
		return nil, inject.Malformed("the object of the request", err)
	}
	return pod, nil
}
