package v1alpha1

import (
	"encoding/json"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of StatefulSet (spec/server.md 12.2): v1beta1 has more. What a user has written there is kept in an
// annotation; what the controller has written in the status is not, because it writes it again. Package convert does the same to objects
// with fields that these types do not know.

// StatefulSetSpecOnlyInV1beta1 holds the members of the spec of a StatefulSet that only v1beta1 has.
//
// +kubebuilder:object:generate=false
type StatefulSetSpecOnlyInV1beta1 struct {
	Lifecycle                            *v1beta1.Lifecycle                                       `json:"lifecycle,omitempty"`
	Ordinals                             *v1beta1.StatefulSetOrdinals                             `json:"ordinals,omitempty"`
	PersistentVolumeClaimRetentionPolicy *v1beta1.StatefulSetPersistentVolumeClaimRetentionPolicy `json:"persistentVolumeClaimRetentionPolicy,omitempty"`
	ReserveOrdinals                      []intstr.IntOrString                                     `json:"reserveOrdinals,omitempty"`
	ScaleStrategy                        *v1beta1.StatefulSetScaleStrategy                        `json:"scaleStrategy,omitempty"`
	VolumeClaimUpdateStrategy            v1beta1.VolumeClaimUpdateStrategy                        `json:"volumeClaimUpdateStrategy,omitzero"`
}

// ReadKeptStatefulSetSpec reads the value of the annotation [KeptStatefulSetSpecKey]. A value that somebody has broken counts as
// none, so that nothing of the wrong type gets into the stored object.
func ReadKeptStatefulSetSpec(text string) (kept StatefulSetSpecOnlyInV1beta1, ok bool) {
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &kept); err != nil {
		return StatefulSetSpecOnlyInV1beta1{}, false
	}
	return kept, true
}

// ConvertTo makes hub what s is in v1beta1. The two share nothing afterwards. It never fails.
func (s *StatefulSet) ConvertTo(hub *v1beta1.StatefulSet) error {
	s = s.DeepCopy()
	kept, _ := ReadKeptStatefulSetSpec(s.Annotations[KeptStatefulSetSpecKey])
	*hub = v1beta1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "StatefulSet"},
		ObjectMeta: s.ObjectMeta,
		Spec: v1beta1.StatefulSetSpec{
			Replicas:                             s.Spec.Replicas,
			Selector:                             s.Spec.Selector,
			Template:                             s.Spec.Template,
			VolumeClaimTemplates:                 s.Spec.VolumeClaimTemplates,
			VolumeClaimUpdateStrategy:            kept.VolumeClaimUpdateStrategy,
			ServiceName:                          s.Spec.ServiceName,
			PodManagementPolicy:                  s.Spec.PodManagementPolicy,
			UpdateStrategy:                       s.Spec.UpdateStrategy,
			RevisionHistoryLimit:                 s.Spec.RevisionHistoryLimit,
			ReserveOrdinals:                      kept.ReserveOrdinals,
			Lifecycle:                            kept.Lifecycle,
			ScaleStrategy:                        kept.ScaleStrategy,
			PersistentVolumeClaimRetentionPolicy: kept.PersistentVolumeClaimRetentionPolicy,
			Ordinals:                             kept.Ordinals,
		},
		Status: v1beta1.StatefulSetStatus{
			ObservedGeneration: s.Status.ObservedGeneration,
			Replicas:           s.Status.Replicas,
			ReadyReplicas:      s.Status.ReadyReplicas,
			AvailableReplicas:  s.Status.AvailableReplicas,
			CurrentReplicas:    s.Status.CurrentReplicas,
			UpdatedReplicas:    s.Status.UpdatedReplicas,
			CurrentRevision:    s.Status.CurrentRevision,
			UpdateRevision:     s.Status.UpdateRevision,
			CollisionCount:     s.Status.CollisionCount,
			Conditions:         s.Status.Conditions,
			LabelSelector:      s.Status.LabelSelector,
		},
	}
	remove(&hub.Annotations, KeptStatefulSetSpecKey)
	return nil
}

// ConvertFrom makes s what hub is in v1alpha1. The two share nothing afterwards. It fails only for values that have no JSON form,
// which no decoded object has.
func (s *StatefulSet) ConvertFrom(hub *v1beta1.StatefulSet) error {
	hub = hub.DeepCopy()
	*s = StatefulSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "StatefulSet"},
		ObjectMeta: hub.ObjectMeta,
		Spec: StatefulSetSpec{
			Replicas:             hub.Spec.Replicas,
			Selector:             hub.Spec.Selector,
			Template:             hub.Spec.Template,
			VolumeClaimTemplates: hub.Spec.VolumeClaimTemplates,
			ServiceName:          hub.Spec.ServiceName,
			PodManagementPolicy:  hub.Spec.PodManagementPolicy,
			UpdateStrategy:       hub.Spec.UpdateStrategy,
			RevisionHistoryLimit: hub.Spec.RevisionHistoryLimit,
		},
		Status: StatefulSetStatus{
			ObservedGeneration: hub.Status.ObservedGeneration,
			Replicas:           hub.Status.Replicas,
			ReadyReplicas:      hub.Status.ReadyReplicas,
			AvailableReplicas:  hub.Status.AvailableReplicas,
			CurrentReplicas:    hub.Status.CurrentReplicas,
			UpdatedReplicas:    hub.Status.UpdatedReplicas,
			CurrentRevision:    hub.Status.CurrentRevision,
			UpdateRevision:     hub.Status.UpdateRevision,
			CollisionCount:     hub.Status.CollisionCount,
			Conditions:         hub.Status.Conditions,
			LabelSelector:      hub.Status.LabelSelector,
		},
	}
	remove(&s.Annotations, KeptStatefulSetSpecKey)
	kept := StatefulSetSpecOnlyInV1beta1{
		Lifecycle:                            hub.Spec.Lifecycle,
		Ordinals:                             hub.Spec.Ordinals,
		PersistentVolumeClaimRetentionPolicy: hub.Spec.PersistentVolumeClaimRetentionPolicy,
		ReserveOrdinals:                      hub.Spec.ReserveOrdinals,
		ScaleStrategy:                        hub.Spec.ScaleStrategy,
		VolumeClaimUpdateStrategy:            hub.Spec.VolumeClaimUpdateStrategy,
	}
	if reflect.ValueOf(kept).IsZero() {
		return nil
	}
	text, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	put(&s.Annotations, KeptStatefulSetSpecKey, string(text))
	return nil
}
