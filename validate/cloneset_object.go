package validate

// A CloneSet as the rules see it: in the shape of v1beta1, with the paths of the version that the user sent.

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

type cloneSet struct {
	workload
	// flat says that the object is a v1alpha1, whose update strategy is one flat object and which has rules of its own.
	flat bool
	spec v1beta1.CloneSetSpec
	// updateType is spec.updateStrategy.type as it was sent; the values differ between the versions.
	updateType string
	// disablesPVCReuse is v1alpha1's spec.scaleStrategy.disablePVCReuse.
	disablesPVCReuse bool
	// updatePath is where the version keeps partition, maxUnavailable and their like.
	updatePath *field.Path
	// policyPath is where the version says how pods get a new template.
	policyPath *field.Path
}

// readCloneSet reads a CloneSet of the version that the request names. Errors are for the user.
func readCloneSet(version string, raw []byte) (*cloneSet, error) {
	var alpha v1alpha1.CloneSet
	beta, err := readAsBeta[v1beta1.CloneSet](version, "CloneSet", raw, &alpha)
	if err != nil {
		return nil, err
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	rollingUpdate := updateStrategyPath.Child("rollingUpdate")
	set := &cloneSet{
		workload: workload{
			kind: "CloneSet", meta: beta.ObjectMeta, selector: beta.Spec.Selector,
			pods: beta.Spec.Template, template: template, claims: beta.Spec.VolumeClaimTemplates,
		},
		spec: beta.Spec, updateType: string(beta.Spec.UpdateStrategy.Type),
		updatePath: rollingUpdate, policyPath: rollingUpdate.Child("podUpdatePolicy"),
	}
	if version == v1alpha1.GroupVersion.Version {
		set.flat, set.meta, set.updateType = true, alpha.ObjectMeta, string(alpha.Spec.UpdateStrategy.Type)
		set.disablesPVCReuse = alpha.Spec.ScaleStrategy.DisablePVCReuse
		set.updatePath, set.policyPath = updateStrategyPath, updateStrategyPath.Child("type")
	}
	return set, nil
}

// base returns what other kinds have, too; nil for nil.
func (s *cloneSet) base() *workload {
	if s == nil {
		return nil
	}
	return &s.workload
}

// rollout returns the fields of a rolling update, nil when the CloneSet has none.
func (s *cloneSet) rollout() *v1beta1.RollingUpdateCloneSetStrategy {
	return s.spec.UpdateStrategy.RollingUpdate
}

// inPlaceOnly reports whether pods may be changed in place only.
func (s *cloneSet) inPlaceOnly() bool {
	rollout := s.rollout()
	return rollout != nil && rollout.PodUpdatePolicy == v1beta1.InPlaceOnlyPodUpdateStrategyType
}

// replicas returns the number of pods; absent counts as none here and is an error elsewhere.
func (s *cloneSet) replicas() int {
	if s.spec.Replicas == nil {
		return 0
	}
	return int(*s.spec.Replicas)
}
