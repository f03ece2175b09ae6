package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// PubOperation is something that makes a pod unavailable.
//
// +kubebuilder:validation:Enum=DELETE;UPDATE;EVICT;RESIZE
type PubOperation string

const (
	// PubDeleteOperation is the deletion of a pod.
	PubDeleteOperation PubOperation = "DELETE"
	// PubUpdateOperation is a change of a pod's spec, such as an update in place.
	PubUpdateOperation PubOperation = "UPDATE"
	// PubEvictOperation is the eviction of a pod, as kubectl drain does it.
	PubEvictOperation PubOperation = "EVICT"
	// PubResizeOperation is a change of CPU or memory that restarts no container.
	PubResizeOperation PubOperation = "RESIZE"
)

// TargetReference names a workload of the same namespace.
type TargetReference struct {
	// APIVersion is group and version of the workload; only the group counts.
	APIVersion string `json:"apiVersion,omitempty"`
	// Kind is the kind of the workload.
	Kind string `json:"kind,omitempty"`
	// Name is the name of the workload.
	Name string `json:"name,omitempty"`
}

// PodUnavailableBudgetSpec is what a user wants. Exactly one of selector and targetRef, and exactly one of maxUnavailable and
// minAvailable, must be set.
type PodUnavailableBudgetSpec struct {
	// Selector finds the pods of this budget by their labels. It never changes.
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// TargetReference names the workload whose pods are those of this budget. It never changes.
	TargetReference *TargetReference `json:"targetRef,omitempty"`
	// MaxUnavailable is how many pods may be unavailable at once, as a number or a percentage of all.
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// MinAvailable is how many pods must stay available, as a number or a percentage of all.
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
	// ProtectOperations says what the budget is asked about. Empty means DELETE, UPDATE and EVICT.
	// +optional
	ProtectOperations []PubOperation `json:"protectOperations,omitempty"`
	// ProtectTotalReplicas is the number of pods that percentages and minAvailable are taken of, for pods without a workload that says it.
	// +kubebuilder:validation:Minimum=1
	// +optional
	ProtectTotalReplicas *int32 `json:"protectTotalReplicas,omitempty"`
	// IgnoredPodSelector finds pods that the budget does not protect.
	// +optional
	IgnoredPodSelector *metav1.LabelSelector `json:"ignoredPodSelector,omitempty"`
}

// PodUnavailableBudgetStatus is what the controller saw last, and what admission has let through since.
type PodUnavailableBudgetStatus struct {
	// ObservedGeneration is the metadata.generation to which this status belongs.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// DisruptedPods says, by the names of pods, when admission let a deletion or eviction through that the controller has not seen
	// happen yet.
	// +optional
	DisruptedPods map[string]metav1.Time `json:"disruptedPods,omitempty"`
	// UnavailablePods says, by the names of pods, when admission let an update through. The controller takes a pod out once it is
	// available again.
	// +optional
	UnavailablePods map[string]metav1.Time `json:"unavailablePods,omitempty"`
	// UnavailableAllowed is how many more pods may become unavailable now.
	UnavailableAllowed int32 `json:"unavailableAllowed"`
	// CurrentAvailable is the number of pods that are available.
	CurrentAvailable int32 `json:"currentAvailable"`
	// DesiredAvailable is how many pods must stay available. With 0 the budget protects nothing.
	DesiredAvailable int32 `json:"desiredAvailable"`
	// TotalReplicas is the number of pods that there should be.
	TotalReplicas int32 `json:"totalReplicas"`
}

// PodUnavailableBudget limits how many pods of an application are unavailable at once because somebody deletes, evicts or updates
// them.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=pub
// +kubebuilder:printcolumn:name="Allowed",type="integer",JSONPath=".status.unavailableAllowed",description="Pods that may become unavailable now."
// +kubebuilder:printcolumn:name="Current",type="integer",JSONPath=".status.currentAvailable",description="Pods that are available."
// +kubebuilder:printcolumn:name="Desired",type="integer",JSONPath=".status.desiredAvailable",description="Pods that must stay available."
// +kubebuilder:printcolumn:name="Total",type="integer",JSONPath=".status.totalReplicas",description="Pods that there should be."
type PodUnavailableBudget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PodUnavailableBudgetSpec   `json:"spec,omitempty"`
	Status PodUnavailableBudgetStatus `json:"status,omitempty"`
}

// PodUnavailableBudgetList is a list of PodUnavailableBudgets.
//
// +kubebuilder:object:root=true
type PodUnavailableBudgetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PodUnavailableBudget `json:"items"`
}
