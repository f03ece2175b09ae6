package validate

// An Advanced StatefulSet as the rules see it: in the shape of v1beta1, with the paths of the version that the user sent.

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
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
	var alpha v1alpha1.StatefulSet
	beta, err := readAsBeta[v1beta1.StatefulSet](version, "StatefulSet", raw, &alpha)
	if err != nil {
		return nil, err
	}
	template, err := sentTemplate(raw)
	if err != nil {
		return nil, err
	}
	set := &statefulSet{
		workload: workload{
			kind: "StatefulSet", meta: beta.ObjectMeta, selector: beta.Spec.Selector,
			pods: beta.Spec.Template, template: template, claims: beta.Spec.VolumeClaimTemplates,
		},
		spec: beta.Spec, newerPath: specPath,
	}
	if version == v1alpha1.GroupVersion.Version {
		set.meta, set.newerPath = alpha.ObjectMeta, metadataPath.Child("annotations").Key(v1alpha1.KeptStatefulSetSpecKey)
	}
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
