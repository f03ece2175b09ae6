package validate

// An Advanced DaemonSet as the rules see it: in the shape of v1beta1, apart from rollingUpdateType Surging, which only v1alpha1 has.

import (
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

type daemonSet struct {
	workload
	// alpha says that the object is a v1alpha1.
	alpha bool
	spec  v1beta1.DaemonSetSpec
}

// readDaemonSet reads a DaemonSet of the version that the request names. Errors are for the user.
func readDaemonSet(version string, raw []byte) (*daemonSet, error) {
	set := &daemonSet{}
	switch version {
	case v1alpha1.GroupVersion.Version:
		var sent v1alpha1.DaemonSet
		if err := wire.Decode(raw, v1alpha1.GroupVersion.WithKind("DaemonSet"), &sent); err != nil {
			return nil, err
		}
		var converted v1beta1.DaemonSet
		if err := sent.ConvertTo(&converted); err != nil {
			return nil, err
		}
		set.alpha, set.meta, set.spec = true, sent.ObjectMeta, converted.Spec
		set.spec.UpdateStrategy = sent.Spec.UpdateStrategy // with Surging
	case v1beta1.GroupVersion.Version:
		var sent v1beta1.DaemonSet
		if err := wire.Decode(raw, v1beta1.GroupVersion.WithKind("DaemonSet"), &sent); err != nil {
			return nil, err
		}
		set.meta, set.spec = sent.ObjectMeta, sent.Spec
	default:
		return nil, fmt.Errorf("DaemonSet has no version %q: use v1beta1 or v1alpha1", version)
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	set.kind, set.selector, set.pods, set.template = "DaemonSet", set.spec.Selector, set.spec.Template, template
	return set, nil
}

// rollout returns the fields of a rolling update, nil when the DaemonSet has none, or none that count.
func (s *daemonSet) rollout() *v1beta1.RollingUpdateDaemonSet {
	if s.spec.UpdateStrategy.Type != v1beta1.RollingUpdateDaemonSetStrategyType {
		return nil
	}
	return s.spec.UpdateStrategy.RollingUpdate
}
