package validate

// An Advanced DaemonSet as the rules see it: in the shape of v1beta1, apart from rollingUpdateType Surging, which only v1alpha1 has.

import (
	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

type daemonSet struct {
	workload
	// alpha says that the object is a v1alpha1.
	alpha bool
	spec  v1beta1.DaemonSetSpec
}

// readDaemonSet reads a DaemonSet of the version that the request names. Errors are for the user.
func readDaemonSet(version string, raw []byte) (*daemonSet, error) {
	var alpha v1alpha1.DaemonSet
	beta, err := readAsBeta[v1beta1.DaemonSet](version, "DaemonSet", raw, &alpha)
	if err != nil {
		return nil, err
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	set := &daemonSet{
		workload: workload{kind: "DaemonSet", meta: beta.ObjectMeta, selector: beta.Spec.Selector, pods: beta.Spec.Template, template: template},
		spec:     beta.Spec,
	}
	if version == v1alpha1.GroupVersion.Version {
		set.alpha, set.meta = true, alpha.ObjectMeta
		set.spec.UpdateStrategy = alpha.Spec.UpdateStrategy // with Surging
	}
	return set, nil
}

// rollout returns the fields of a rolling update, nil when the DaemonSet has none, or none that count.
func (s *daemonSet) rollout() *v1beta1.RollingUpdateDaemonSet {
	if s.spec.UpdateStrategy.Type != v1beta1.RollingUpdateDaemonSetStrategyType {
		return nil
	}
	return s.spec.UpdateStrategy.RollingUpdate
}
