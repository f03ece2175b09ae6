package v1alpha1

import (
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The differences between the versions of CloneSet (spec/server.md 12.2): v1beta1 nests the update strategy, reuses claims only when
// told to, and has fields for what this version says in a label and three annotations. Package convert does the same to objects with
// fields that these types do not know.

// ConvertTo makes hub what c is in v1beta1. The two share nothing afterwards. It never fails.
func (c *CloneSet) ConvertTo(hub *v1beta1.CloneSet) error {
	c = c.DeepCopy()
	*hub = v1beta1.CloneSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "CloneSet"},
		ObjectMeta: c.ObjectMeta,
		Spec: v1beta1.CloneSetSpec{
			Replicas:             c.Spec.Replicas,
			Selector:             c.Spec.Selector,
			Template:             c.Spec.Template,
			VolumeClaimTemplates: c.Spec.VolumeClaimTemplates,
			ScaleStrategy: v1beta1.CloneSetScaleStrategy{
				PodsToDelete:           c.Spec.ScaleStrategy.PodsToDelete,
				MaxUnavailable:         c.Spec.ScaleStrategy.MaxUnavailable,
				EnablePVCReuse:         !c.Spec.ScaleStrategy.DisablePVCReuse,
				ExcludePreparingDelete: c.Labels[CloneSetScalingExcludePreparingDeleteKey] == "true",
			},
			RevisionHistoryLimit:    c.Spec.RevisionHistoryLimit,
			MinReadySeconds:         c.Spec.MinReadySeconds,
			Lifecycle:               c.Spec.Lifecycle,
			ProgressDeadlineSeconds: c.Spec.ProgressDeadlineSeconds,
		},
		Status: c.Status,
	}
	flat := c.Spec.UpdateStrategy
	rolling := v1beta1.RollingUpdateCloneSetStrategy{
		Partition:             flat.Partition,
		MaxUnavailable:        flat.MaxUnavailable,
		MaxSurge:              flat.MaxSurge,
		Paused:                flat.Paused,
		PriorityStrategy:      flat.PriorityStrategy,
		ScatterStrategy:       flat.ScatterStrategy,
		InPlaceUpdateStrategy: flat.InPlaceUpdateStrategy,
	}
	strategy := &hub.Spec.UpdateStrategy
	switch flat.Type {
	case OnDeleteCloneSetUpdateStrategyType:
		strategy.Type = v1beta1.OnDeleteCloneSetUpdateStrategyType
		rolling.PodUpdatePolicy = v1beta1.PodUpdateStrategyType(c.Annotations[KeptPodUpdatePolicyKey])
	case "":
		strategy.Type = v1beta1.RollingUpdateCloneSetUpdateStrategyType
		rolling.PodUpdatePolicy = v1beta1.RecreatePodUpdateStrategyType
	default:
		// An unknown type goes along, so that it is refused and not quietly replaced.
		strategy.Type = v1beta1.RollingUpdateCloneSetUpdateStrategyType
		rolling.PodUpdatePolicy = v1beta1.PodUpdateStrategyType(flat.Type)
	}
	remove(&hub.Annotations, KeptPodUpdatePolicyKey)
	preDownloadFromAnnotations(&hub.Annotations, &rolling.InPlaceUpdateStrategy)
	if !reflect.ValueOf(rolling).IsZero() {
		strategy.RollingUpdate = &rolling
	}
	return nil
}

// ConvertFrom makes c what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (c *CloneSet) ConvertFrom(hub *v1beta1.CloneSet) error {
	hub = hub.DeepCopy()
	rolling := ptr.Deref(hub.Spec.UpdateStrategy.RollingUpdate, v1beta1.RollingUpdateCloneSetStrategy{})
	*c = CloneSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "CloneSet"},
		ObjectMeta: hub.ObjectMeta,
		Spec: CloneSetSpec{
			Replicas:             hub.Spec.Replicas,
			Selector:             hub.Spec.Selector,
			Template:             hub.Spec.Template,
			VolumeClaimTemplates: hub.Spec.VolumeClaimTemplates,
			ScaleStrategy: CloneSetScaleStrategy{
				PodsToDelete:    hub.Spec.ScaleStrategy.PodsToDelete,
				MaxUnavailable:  hub.Spec.ScaleStrategy.MaxUnavailable,
				DisablePVCReuse: !hub.Spec.ScaleStrategy.EnablePVCReuse,
			},
			UpdateStrategy: CloneSetUpdateStrategy{
				Type:                  flatType(hub.Spec.UpdateStrategy.Type, rolling.PodUpdatePolicy),
				Partition:             rolling.Partition,
				MaxUnavailable:        rolling.MaxUnavailable,
				MaxSurge:              rolling.MaxSurge,
				Paused:                rolling.Paused,
				PriorityStrategy:      rolling.PriorityStrategy,
				ScatterStrategy:       rolling.ScatterStrategy,
				InPlaceUpdateStrategy: rolling.InPlaceUpdateStrategy,
			},
			RevisionHistoryLimit:    hub.Spec.RevisionHistoryLimit,
			MinReadySeconds:         hub.Spec.MinReadySeconds,
			Lifecycle:               hub.Spec.Lifecycle,
			ProgressDeadlineSeconds: hub.Spec.ProgressDeadlineSeconds,
		},
		Status: hub.Status,
	}
	if hub.Spec.ScaleStrategy.ExcludePreparingDelete {
		put(&c.Labels, CloneSetScalingExcludePreparingDeleteKey, "true")
	} else if c.Labels[CloneSetScalingExcludePreparingDeleteKey] == "true" {
		remove(&c.Labels, CloneSetScalingExcludePreparingDeleteKey)
	}
	remove(&c.Annotations, KeptPodUpdatePolicyKey)
	if hub.Spec.UpdateStrategy.Type == v1beta1.OnDeleteCloneSetUpdateStrategyType && rolling.PodUpdatePolicy != "" {
		put(&c.Annotations, KeptPodUpdatePolicyKey, string(rolling.PodUpdatePolicy))
	}
	preDownloadToAnnotations(&c.Spec.UpdateStrategy.InPlaceUpdateStrategy, &c.Annotations)
	return nil
}

// flatType is the type of v1alpha1 for type and podUpdatePolicy of v1beta1.
func flatType(strategy v1beta1.CloneSetUpdateStrategyType, policy v1beta1.PodUpdateStrategyType) CloneSetUpdateStrategyType {
	switch {
	case strategy != "" && strategy != v1beta1.RollingUpdateCloneSetUpdateStrategyType:
		return CloneSetUpdateStrategyType(strategy)
	case policy == "":
		return RecreateCloneSetUpdateStrategyType
	default:
		return CloneSetUpdateStrategyType(policy)
	}
}
