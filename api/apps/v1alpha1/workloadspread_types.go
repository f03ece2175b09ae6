package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// WorkloadSpreadSpec is what a user wants.
type WorkloadSpreadSpec struct {
	// TargetReference names the workload whose pods are spread. No two WorkloadSpreads of a namespace may name the same one.
	TargetReference *v1beta1.TargetReference `json:"targetRef"`
	// Subsets are filled with pods in this order.
	Subsets []WorkloadSpreadSubset `json:"subsets"`
	// ScheduleStrategy says what happens to pods that do not get a node in their subset.
	// +optional
	ScheduleStrategy v1beta1.WorkloadSpreadScheduleStrategy `json:"scheduleStrategy,omitempty"`
	// TargetFilter limits the pods of the workload that are spread.
	// +optional
	TargetFilter *v1beta1.TargetFilter `json:"targetFilter,omitempty"`
}

// WorkloadSpreadSubset is a part of the pods, and what is special about them.
type WorkloadSpreadSubset struct {
	// Name is unique among the subsets.
	Name string `json:"name"`
	// RequiredNodeSelectorTerm is added to all required node affinity terms of a pod. v1beta1 calls it requiredNodeSelector.
	// +optional
	RequiredNodeSelectorTerm *corev1.NodeSelectorTerm `json:"requiredNodeSelectorTerm,omitempty"`
	// PreferredNodeSelectorTerms are appended to the preferred node affinity terms of a pod. v1beta1 calls them preferredNodeSelector.
	// +optional
	PreferredNodeSelectorTerms []corev1.PreferredSchedulingTerm `json:"preferredNodeSelectorTerms,omitempty"`
	// Tolerations are appended to those of a pod.
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// MaxReplicas limits the pods of the subset: a number, or a percentage of the replicas of the workload, rounded up. All subsets
	// of an object use the same form. Default: no limit.
	// +optional
	MaxReplicas *intstr.IntOrString `json:"maxReplicas,omitempty"`
	// Patch is a strategic merge patch for the pod.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +optional
	Patch runtime.RawExtension `json:"patch,omitempty"`
}

// WorkloadSpreadStatus is what controller and webhook know of the pods.
type WorkloadSpreadStatus struct {
	// ObservedGeneration is the metadata.generation to which this status belongs.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// SubsetStatuses are the subsets in the order of the spec, over all versions of the workload.
	// +optional
	SubsetStatuses []WorkloadSpreadSubsetStatus `json:"subsetStatuses,omitempty"`
	// VersionedSubsetStatuses are the subsets by version of the pod template, because pods of a new version are created before those of
	// the old one are gone.
	// +optional
	VersionedSubsetStatuses map[string][]WorkloadSpreadSubsetStatus `json:"versionedSubsetStatuses,omitempty"`
}

// WorkloadSpreadSubsetStatus is what is known of a subset.
type WorkloadSpreadSubsetStatus struct {
	// Name is that of the subset.
	Name string `json:"name"`
	// Replicas is the number of active pods that the controller saw.
	Replicas int32 `json:"replicas"`
	// Conditions explain the state. See [v1beta1.SubsetSchedulable].
	// +optional
	Conditions []WorkloadSpreadSubsetCondition `json:"conditions,omitempty"`
	// MissingReplicas is the number of pods that still fit into the subset; -1 if there is no limit.
	MissingReplicas int32 `json:"missingReplicas"`
	// CreatingPods are the pods that the webhook put into the subset and the controller has not seen yet, by name, or by the uid in the
	// annotation of a pod that had no name, with the time of their creation.
	// +optional
	CreatingPods map[string]metav1.Time `json:"creatingPods,omitempty"`
	// DeletingPods are the pods whose deletion the webhook saw and the controller has not, with the time.
	// +optional
	DeletingPods map[string]metav1.Time `json:"deletingPods,omitempty"`
}

// WorkloadSpreadSubsetCondition is one aspect of the state of a subset.
type WorkloadSpreadSubsetCondition struct {
	// Type says which aspect.
	Type string `json:"type"`
	// Status is True, False or Unknown.
	Status metav1.ConditionStatus `json:"status"`
	// LastTransitionTime is when Status changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Reason is why, in one word.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message is why, for people.
	// +optional
	Message string `json:"message,omitempty"`
}

// WorkloadSpread spreads the pods of a workload over subsets of nodes.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws
// +kubebuilder:printcolumn:name="WorkloadName",type="string",JSONPath=".spec.targetRef.name"
// +kubebuilder:printcolumn:name="WorkloadKind",type="string",JSONPath=".spec.targetRef.kind"
// +kubebuilder:printcolumn:name="Adaptive",type="boolean",JSONPath=".spec.scheduleStrategy.type[?(@ == \"Adaptive\")]",description="Pods without a node move on."
// +kubebuilder:printcolumn:name="Age",type="date",JSONPath=".metadata.creationTimestamp"
type WorkloadSpread struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   WorkloadSpreadSpec   `json:"spec,omitempty"`
	Status WorkloadSpreadStatus `json:"status,omitempty"`
}

// WorkloadSpreadList is a list of WorkloadSpreads.
//
// +kubebuilder:object:root=true
type WorkloadSpreadList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []WorkloadSpread `json:"items"`
}
