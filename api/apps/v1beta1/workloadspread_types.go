package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// WorkloadSpreadScheduleStrategyType says what happens to pods that a subset has no room for on its nodes.
type WorkloadSpreadScheduleStrategyType string

const (
	// FixedWorkloadSpreadScheduleStrategyType leaves them pending. The default.
	FixedWorkloadSpreadScheduleStrategyType WorkloadSpreadScheduleStrategyType = "Fixed"
	// AdaptiveWorkloadSpreadScheduleStrategyType moves them to a later subset.
	AdaptiveWorkloadSpreadScheduleStrategyType WorkloadSpreadScheduleStrategyType = "Adaptive"
)

// SubsetSchedulable is the condition of a subset whose status False takes it out of the choice for new pods.
const SubsetSchedulable = "Schedulable"

// WorkloadSpreadSpec is what a user wants.
type WorkloadSpreadSpec struct {
	// TargetReference names the workload whose pods are spread. No two WorkloadSpreads of a namespace may name the same one.
	TargetReference *TargetReference `json:"targetRef"`
	// Subsets are filled with pods in this order.
	Subsets []WorkloadSpreadSubset `json:"subsets"`
	// ScheduleStrategy says what happens to pods that do not get a node in their subset.
	// +optional
	ScheduleStrategy WorkloadSpreadScheduleStrategy `json:"scheduleStrategy,omitempty"`
	// TargetFilter limits the pods of the workload that are spread.
	// +optional
	TargetFilter *TargetFilter `json:"targetFilter,omitempty"`
}

// TargetReference names a workload in the namespace of the object that holds it.
type TargetReference struct {
	// APIVersion is that of the workload. Only its group counts.
	APIVersion string `json:"apiVersion"`
	// Kind is that of the workload.
	Kind string `json:"kind"`
	// Name is that of the workload.
	Name string `json:"name"`
}

// TargetFilter limits the pods of a workload.
type TargetFilter struct {
	// Selector is matched with the labels of pods. None matches no pod, an empty one all.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// ReplicasPathList are the fields of the workload whose sum is the number of pods of which percentages are taken. Default: the
	// replicas of the workload.
	// +optional
	ReplicasPathList []string `json:"replicasPathList,omitempty"`
}

// WorkloadSpreadScheduleStrategy says what happens to pods that do not get a node in their subset.
type WorkloadSpreadScheduleStrategy struct {
	// Type is Fixed (the default) or Adaptive.
	// +kubebuilder:validation:Enum=Adaptive;Fixed;""
	// +optional
	Type WorkloadSpreadScheduleStrategyType `json:"type,omitempty"`
	// Adaptive tunes type Adaptive.
	// +optional
	Adaptive *AdaptiveWorkloadSpreadStrategy `json:"adaptive,omitempty"`
}

// AdaptiveWorkloadSpreadStrategy tunes the moving of pods to later subsets.
type AdaptiveWorkloadSpreadStrategy struct {
	// DisableSimulationSchedule is read by OpenKruise's controller only.
	// +optional
	DisableSimulationSchedule bool `json:"disableSimulationSchedule,omitempty"`
	// RescheduleCriticalSeconds is how long, in seconds, a pod may wait for a node before it is created again for a later subset.
	// +optional
	RescheduleCriticalSeconds *int32 `json:"rescheduleCriticalSeconds,omitempty"`
}

// WorkloadSpreadSubset is a part of the pods, and what is special about them.
type WorkloadSpreadSubset struct {
	// Name is unique among the subsets.
	Name string `json:"name"`
	// RequiredNodeSelector is added to all required node affinity terms of a pod.
	// +optional
	RequiredNodeSelector *corev1.NodeSelectorTerm `json:"requiredNodeSelector,omitempty"`
	// PreferredNodeSelector is appended to the preferred node affinity terms of a pod.
	// +optional
	PreferredNodeSelector []corev1.PreferredSchedulingTerm `json:"preferredNodeSelector,omitempty"`
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
	// Conditions explain the state. See [SubsetSchedulable].
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
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

// WorkloadSpread spreads the pods of a workload over subsets of nodes.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
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
