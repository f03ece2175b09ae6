package validate

// A CloneSet as the rules see it: in the shape of v1beta1, with the paths of the version that the user sent.

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/wire"
)

type cloneSet struct {
	// flat says that the object is a v1alpha1, whose update strategy is one flat object and which has rules of its own.
	flat bool
	meta metav1.ObjectMeta
	spec v1beta1.CloneSetSpec
	// updateType is spec.updateStrategy.type as it was sent; the values differ between the versions.
	updateType string
	// template is the pod template as it was sent, with members that this build does not know.
	template json.RawMessage
	// updatePath is where the version keeps partition, maxUnavailable and their like.
	updatePath *field.Path
	// policyPath is where the version says how pods get a new template.
	policyPath *field.Path
}

var (
	specPath           = field.NewPath("spec")
	templatePath       = specPath.Child("template")
	updateStrategyPath = specPath.Child("updateStrategy")
)

// readCloneSet reads a CloneSet of the version that the request names. Errors are for the user.
func readCloneSet(version string, raw []byte) (*cloneSet, error) {
	var set cloneSet
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
		set = cloneSet{
			flat: true, meta: sent.ObjectMeta, spec: converted.Spec, updateType: string(sent.Spec.UpdateStrategy.Type),
			updatePath: updateStrategyPath, policyPath: updateStrategyPath.Child("type"),
		}
	case v1beta1.GroupVersion.Version:
		var sent v1beta1.CloneSet
		if err := wire.Decode(raw, v1beta1.GroupVersion.WithKind("CloneSet"), &sent); err != nil {
			return nil, err
		}
		rollingUpdate := updateStrategyPath.Child("rollingUpdate")
		set = cloneSet{
			meta: sent.ObjectMeta, spec: sent.Spec, updateType: string(sent.Spec.UpdateStrategy.Type),
			updatePath: rollingUpdate, policyPath: rollingUpdate.Child("podUpdatePolicy"),
		}
	default:
		return nil, fmt.Errorf("CloneSet has no version %q: use v1beta1 or v1alpha1", version)
	}
	var sent struct {
		Spec struct {
			Template json.RawMessage `json:"template"`
		} `json:"spec"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &sent); err != nil {
		return nil, err
	}
	set.template = sent.Spec.Template
	if set.template == nil {
		set.template = json.RawMessage("{}")
	}
	return &set, nil
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

// claimNames returns the names of the volume claim templates.
func (s *cloneSet) claimNames() []string {
	names := make([]string, len(s.spec.VolumeClaimTemplates))
	for i := range s.spec.VolumeClaimTemplates {
		names[i] = s.spec.VolumeClaimTemplates[i].Name
	}
	return names
}
