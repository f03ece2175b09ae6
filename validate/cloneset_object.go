package validate

// A CloneSet as the rules see it: in the shape of v1beta1, with the paths of the version that the user sent.

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
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
	var (
		set  cloneSet
		meta metav1.ObjectMeta
	)
	switch version {
	case v1alpha1.GroupVersion.Version:
		var sent v1alpha1.CloneSet
		if err := wire.Decode(raw, v1alpha1.GroupVersion.WithKind("CloneSet"), &sent); err != nil {
			return nil, err
		}
		var converted v1beta1.CloneSet
		if err := sent.ConvertTo(&converted); err != nil {
			return nil, err
		}
		meta = sent.ObjectMeta
		set = cloneSet{
			flat: true, spec: converted.Spec, updateType: string(sent.Spec.UpdateStrategy.Type),
			disablesPVCReuse: sent.Spec.ScaleStrategy.DisablePVCReuse,
			updatePath:       updateStrategyPath, policyPath: updateStrategyPath.Child("type"),
		}
	case v1beta1.GroupVersion.Version:
		var sent v1beta1.CloneSet
		if err := wire.Decode(raw, v1beta1.GroupVersion.WithKind("CloneSet"), &sent); err != nil {
			return nil, err
		}
		meta = sent.ObjectMeta
		rollingUpdate := updateStrategyPath.Child("rollingUpdate")
		set = cloneSet{
			spec: sent.Spec, updateType: string(sent.Spec.UpdateStrategy.Type),
			updatePath: rollingUpdate, policyPath: rollingUpdate.Child("podUpdatePolicy"),
		}
	default:
		return nil, fmt.Errorf("CloneSet has no version %q: use v1beta1 or v1alpha1", version)
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	set.workload = workload{
		kind: "CloneSet", meta: meta, selector: set.spec.Selector,
		pods: set.spec.Template, template: template, claims: set.spec.VolumeClaimTemplates,
	}
	return &set, nil
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
