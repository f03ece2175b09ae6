package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The differences between the versions of DaemonSet (spec/server.md 12.2): v1beta1 has no Surging, a field for what this version says in an
// annotation, and another name for the revision in the status. Package convert does the same to objects with fields that these types do
// not know.

// ConvertTo makes hub what d is in v1beta1. The two share nothing afterwards. It never fails.
func (d *DaemonSet) ConvertTo(hub *v1beta1.DaemonSet) error {
	d = d.DeepCopy()
	*hub = v1beta1.DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "DaemonSet"},
		ObjectMeta: d.ObjectMeta,
		Spec: v1beta1.DaemonSetSpec{
			Selector:             d.Spec.Selector,
			Template:             d.Spec.Template,
			UpdateStrategy:       d.Spec.UpdateStrategy,
			MinReadySeconds:      d.Spec.MinReadySeconds,
			BurstReplicas:        d.Spec.BurstReplicas,
			RevisionHistoryLimit: d.Spec.RevisionHistoryLimit,
			Lifecycle:            d.Spec.Lifecycle,
		},
		Status: v1beta1.DaemonSetStatus{
			CurrentNumberScheduled: d.Status.CurrentNumberScheduled,
			NumberMisscheduled:     d.Status.NumberMisscheduled,
			DesiredNumberScheduled: d.Status.DesiredNumberScheduled,
			NumberReady:            d.Status.NumberReady,
			ObservedGeneration:     d.Status.ObservedGeneration,
			UpdatedNumberScheduled: d.Status.UpdatedNumberScheduled,
			NumberAvailable:        d.Status.NumberAvailable,
			NumberUnavailable:      d.Status.NumberUnavailable,
			CollisionCount:         d.Status.CollisionCount,
			Conditions:             d.Status.Conditions,
			UpdateRevision:         d.Status.DaemonSetHash,
		},
	}
	if rolling := hub.Spec.UpdateStrategy.RollingUpdate; rolling != nil && rolling.Type == DeprecatedSurgingRollingUpdateType {
		rolling.Type = v1beta1.StandardRollingUpdateType
		if rolling.MaxSurge == nil {
			rolling.MaxSurge = new(intstr.FromInt32(1))
		}
		if rolling.MaxUnavailable == nil {
			rolling.MaxUnavailable = new(intstr.FromInt32(0))
		}
	}
	if hub.Annotations[ProgressiveCreatePodKey] == "true" {
		remove(&hub.Annotations, ProgressiveCreatePodKey)
		hub.Spec.ScaleStrategy = &v1beta1.DaemonSetScaleStrategy{PartitionedScaling: true}
	}
	return nil
}

// ConvertFrom makes d what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (d *DaemonSet) ConvertFrom(hub *v1beta1.DaemonSet) error {
	hub = hub.DeepCopy()
	*d = DaemonSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "DaemonSet"},
		ObjectMeta: hub.ObjectMeta,
		Spec: DaemonSetSpec{
			Selector:             hub.Spec.Selector,
			Template:             hub.Spec.Template,
			UpdateStrategy:       hub.Spec.UpdateStrategy,
			MinReadySeconds:      hub.Spec.MinReadySeconds,
			BurstReplicas:        hub.Spec.BurstReplicas,
			RevisionHistoryLimit: hub.Spec.RevisionHistoryLimit,
			Lifecycle:            hub.Spec.Lifecycle,
		},
		Status: DaemonSetStatus{
			CurrentNumberScheduled: hub.Status.CurrentNumberScheduled,
			NumberMisscheduled:     hub.Status.NumberMisscheduled,
			DesiredNumberScheduled: hub.Status.DesiredNumberScheduled,
			NumberReady:            hub.Status.NumberReady,
			ObservedGeneration:     hub.Status.ObservedGeneration,
			UpdatedNumberScheduled: hub.Status.UpdatedNumberScheduled,
			NumberAvailable:        hub.Status.NumberAvailable,
			NumberUnavailable:      hub.Status.NumberUnavailable,
			CollisionCount:         hub.Status.CollisionCount,
			Conditions:             hub.Status.Conditions,
			DaemonSetHash:          hub.Status.UpdateRevision,
		},
	}
	// The field decides, so that an annotation without it does not become one on the way back.
	if hub.Spec.ScaleStrategy != nil && hub.Spec.ScaleStrategy.PartitionedScaling {
		put(&d.Annotations, ProgressiveCreatePodKey, "true")
	} else if d.Annotations[ProgressiveCreatePodKey] == "true" {
		remove(&d.Annotations, ProgressiveCreatePodKey)
	}
	return nil
}
