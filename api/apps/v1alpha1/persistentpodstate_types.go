package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// PersistentPodStateSpec is what a user wants.
type PersistentPodStateSpec struct {
	// TargetReference names the workload whose pods are remembered: a StatefulSet, or a kind that the configuration allows. It never
	// changes.
	TargetReference v1beta1.TargetReference `json:"targetRef"`
	// PersistentPodAnnotations lists annotations of pods to remember.
	// +optional
	PersistentPodAnnotations []v1beta1.PersistentPodAnnotation `json:"persistentPodAnnotations,omitempty"`
	// RequiredPersistentTopology binds a pod that is created again to nodes with the same values of these labels.
	// +optional
	RequiredPersistentTopology *NodeTopologyTerm `json:"requiredPersistentTopology,omitempty"`
	// PreferredPersistentTopology prefers such nodes for a pod that is created again.
	// +optional
	PreferredPersistentTopology []PreferredTopologyTerm `json:"preferredPersistentTopology,omitempty"`
	// PersistentPodStateRetentionPolicy is WhenScaled (the default) or WhenDeleted. This version does not say so in its schema.
	// +optional
	PersistentPodStateRetentionPolicy PersistentPodStateRetentionPolicyType `json:"persistentPodStateRetentionPolicy,omitempty"`
}

// PersistentPodStateRetentionPolicyType says when the state of a pod is forgotten; its values are those of v1beta1.
type PersistentPodStateRetentionPolicyType string

// NodeTopologyTerm lists labels of nodes.
type NodeTopologyTerm struct {
	// NodeTopologyKeys are keys of labels, such as topology.kubernetes.io/zone. v1beta1 calls them keys.
	NodeTopologyKeys []string `json:"nodeTopologyKeys"`
}

// PreferredTopologyTerm is a preference for nodes.
type PreferredTopologyTerm struct {
	// Weight counts against other preferences of the scheduler. v1beta1 forbids negative ones.
	Weight int32 `json:"weight"`
	// Preference lists the labels.
	Preference NodeTopologyTerm `json:"preference"`
}

// PersistentPodState remembers on which nodes the pods of a workload ran, so that they go there again.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
type PersistentPodState struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PersistentPodStateSpec           `json:"spec,omitempty"`
	Status v1beta1.PersistentPodStateStatus `json:"status,omitempty"`
}

// PersistentPodStateList is a list of PersistentPodStates.
//
// +kubebuilder:object:root=true
type PersistentPodStateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PersistentPodState `json:"items"`
}
