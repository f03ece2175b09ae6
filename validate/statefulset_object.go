package validate

// An Advanced StatefulSet as the rules see it: in the shape of v1beta1, with the paths of the version that the user sent.

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

type statefulSet struct {
	workload
	spec v1beta1.StatefulSetSpec
	// newerPath is where the members of spec are that only v1beta1 has: a v1alpha1 keeps them in an annotation (package convert).
	newerPath *field.Path
}

var (
	rollingUpdatePath   = updateStrategyPath.Child("rollingUpdate")
	podUpdatePolicyPath = rollingUpdatePath.Child("podUpdatePolicy")
)

// readStatefulSet reads a StatefulSet of the version that the request names. Errors are for the user.
func readStatefulSet(version string, raw []byte) (*statefulSet, error) {
	set := &statefulSet{}
	switch version {
	case v1alpha1.GroupVersion.Version:
		var sent v1alpha1.StatefulSet
		if err := wire.Decode(raw, v1alpha1.GroupVersion.WithKind("StatefulSet"), &sent); err != nil {
			return nil, err
		}
		var converted v1beta1.StatefulSet
		if err := sent.ConvertTo(&converted); err != nil {
			return nil, err
		}
		set.meta, set.spec = sent.ObjectMeta, converted.Spec
		set.newerPath = metadataPath.Child("annotations").Key(v1alpha1.KeptStatefulSetSpecKey)
	case v1beta1.GroupVersion.Version:
		var sent v1beta1.StatefulSet
		if err := wire.Decode(raw, v1beta1.GroupVersion.WithKind("StatefulSet"), &sent); err != nil {
			return nil, err
		}
		set.meta, set.spec, set.newerPath = sent.ObjectMeta, sent.Spec, specPath
	default:
		return nil, fmt.Errorf("StatefulSet has no version %q: use v1beta1 or v1alpha1", version)
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	set.kind, set.selector = "StatefulSet", set.spec.Selector
	set.pods, set.template, set.claims = set.spec.Template, template, set.spec.VolumeClaimTemplates
	return set, nil
}

// base returns what other kinds have, too; nil for nil.
func (s *statefulSet) base() *workload {
	if s == nil {
		return nil
	}
	return &s.workload
}

// podUpdatePolicy says how pods get a new template; "" when nobody but the user updates them.
func (s *statefulSet) podUpdatePolicy() v1beta1.PodUpdateStrategyType {
	if s.spec.UpdateStrategy.RollingUpdate == nil {
		return ""
	}
	return s.spec.UpdateStrategy.RollingUpdate.PodUpdatePolicy
}
