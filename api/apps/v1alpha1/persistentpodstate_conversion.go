package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of PersistentPodState (spec/server.md 12.2): v1beta1 calls the keys of a topology term keys. Package
// convert does the same to objects with fields that these types do not know.

// ConvertTo makes hub what s is in v1beta1. The two share nothing afterwards. It never fails.
func (s *PersistentPodState) ConvertTo(hub *v1beta1.PersistentPodState) error {
	s = s.DeepCopy()
	*hub = v1beta1.PersistentPodState{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "PersistentPodState"},
		ObjectMeta: s.ObjectMeta,
		Spec: v1beta1.PersistentPodStateSpec{
			TargetReference:                   s.Spec.TargetReference,
			PersistentPodAnnotations:          s.Spec.PersistentPodAnnotations,
			PersistentPodStateRetentionPolicy: v1beta1.PersistentPodStateRetentionPolicyType(s.Spec.PersistentPodStateRetentionPolicy),
		},
		Status: s.Status,
	}
	if term := s.Spec.RequiredPersistentTopology; term != nil {
		hub.Spec.RequiredPersistentTopology = &v1beta1.NodeTopologyTerm{Keys: term.NodeTopologyKeys}
	}
	for _, term := range s.Spec.PreferredPersistentTopology {
		hub.Spec.PreferredPersistentTopology = append(hub.Spec.PreferredPersistentTopology, v1beta1.PreferredTopologyTerm{
			Weight: term.Weight, Preference: v1beta1.NodeTopologyTerm{Keys: term.Preference.NodeTopologyKeys},
		})
	}
	return nil
}

// ConvertFrom makes s what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (s *PersistentPodState) ConvertFrom(hub *v1beta1.PersistentPodState) error {
	hub = hub.DeepCopy()
	*s = PersistentPodState{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "PersistentPodState"},
		ObjectMeta: hub.ObjectMeta,
		Spec: PersistentPodStateSpec{
			TargetReference:                   hub.Spec.TargetReference,
			PersistentPodAnnotations:          hub.Spec.PersistentPodAnnotations,
			PersistentPodStateRetentionPolicy: PersistentPodStateRetentionPolicyType(hub.Spec.PersistentPodStateRetentionPolicy),
		},
		Status: hub.Status,
	}
	if term := hub.Spec.RequiredPersistentTopology; term != nil {
		s.Spec.RequiredPersistentTopology = &NodeTopologyTerm{NodeTopologyKeys: term.Keys}
	}
	for _, term := range hub.Spec.PreferredPersistentTopology {
		s.Spec.PreferredPersistentTopology = append(s.Spec.PreferredPersistentTopology, PreferredTopologyTerm{
			Weight: term.Weight, Preference: NodeTopologyTerm{NodeTopologyKeys: term.Preference.Keys},
		})
	}
	return nil
}
