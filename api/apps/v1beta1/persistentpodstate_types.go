package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PersistentPodStateRetentionPolicyType says when the state of a pod is forgotten.
//
// +kubebuilder:validation:Enum=WhenScaled;WhenDeleted
type PersistentPodStateRetentionPolicyType string

const (
	// PersistentPodStateRetentionPolicyWhenScaled forgets a pod when the workload is scaled down below it. The default.
	PersistentPodStateRetentionPolicyWhenScaled PersistentPodStateRetentionPolicyType = "WhenScaled"
	// PersistentPodStateRetentionPolicyWhenDeleted forgets a pod when the workload is deleted.
	PersistentPodStateRetentionPolicyWhenDeleted PersistentPodStateRetentionPolicyType = "WhenDeleted"
)

// PersistentPodStateSpec is what a user wants.
type PersistentPodStateSpec struct {
	// TargetReference names the workload whose pods are remembered: a StatefulSet, or a kind that the configuration allows. It never
	// changes.
	TargetReference TargetReference `json:"targetRef"`
	// PersistentPodAnnotations lists annotations of pods to remember.
	// +optional
	PersistentPodAnnotations []PersistentPodAnnotation `json:"persistentPodAnnotations,omitempty"`
	// RequiredPersistentTopology binds a pod that is created again to nodes with the same values of these labels.
	// +optional
	RequiredPersistentTopology *NodeTopologyTerm `json:"requiredPersistentTopology,omitempty"`
	// PreferredPersistentTopology prefers such nodes for a pod that is created again.
	// +optional
	PreferredPersistentTopology []PreferredTopologyTerm `json:"preferredPersistentTopology,omitempty"`
	// PersistentPodStateRetentionPolicy is WhenScaled (the default) or WhenDeleted.
	// +optional
	PersistentPodStateRetentionPolicy PersistentPodStateRetentionPolicyType `json:"persistentPodStateRetentionPolicy,omitempty"`
}

// PersistentPodAnnotation is an annotation to remember.
type PersistentPodAnnotation struct {
	// Key of the annotation.
	Key string `json:"key"`
}

// NodeTopologyTerm lists labels of nodes.
type NodeTopologyTerm struct {
	// Keys are keys of labels, such as topology.kubernetes.io/zone. v1alpha1 calls them nodeTopologyKeys.
	Keys []string `json:"keys"`
}

// PreferredTopologyTerm is a preference for nodes.
type PreferredTopologyTerm struct {
	// Weight counts against other preferences of the scheduler, 0 or more.
	// +kubebuilder:validation:Minimum=0
	Weight int32 `json:"weight"`
	// Preference lists the labels.
	Preference NodeTopologyTerm `json:"preference"`
}

// PersistentPodStateStatus is what the controller has seen.
type PersistentPodStateStatus struct {
	// ObservedGeneration is the generation that this status is about.
	ObservedGeneration int64 `json:"observedGeneration"`
	// PodStates is what is remembered, by name of the pod.
	// +optional
	PodStates map[string]PodState `json:"podStates,omitempty"`
}

// PodState is what is remembered of a pod.
type PodState struct {
	// NodeName is the node on which the pod ran.
	// +optional
	NodeName string `json:"nodeName,omitempty"`
	// NodeTopologyLabels are labels of that node.
	// +optional
	NodeTopologyLabels map[string]string `json:"nodeTopologyLabels,omitempty"`
	// Annotations of the pod.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// PersistentPodState remembers on which nodes the pods of a workload ran, so that they go there again.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type PersistentPodState struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PersistentPodStateSpec   `json:"spec,omitempty"`
	Status PersistentPodStateStatus `json:"status,omitempty"`
}

// PersistentPodStateList is a list of PersistentPodStates.
//
// +kubebuilder:object:root=true
type PersistentPodStateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PersistentPodState `json:"items"`
}
