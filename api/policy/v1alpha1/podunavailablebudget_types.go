package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// PodUnavailableBudgetSpec is what a user wants. Exactly one of selector and targetRef, and exactly one of maxUnavailable and
// minAvailable, must be set. What v1beta1 has further fields for, this version says in annotations: see keys.go there.
type PodUnavailableBudgetSpec struct {
	// Selector finds the pods of this budget by their labels. It never changes.
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// TargetReference names the workload whose pods are those of this budget. It never changes.
	TargetReference *v1beta1.TargetReference `json:"targetRef,omitempty"`
	// MaxUnavailable is how many pods may be unavailable at once, as a number or a percentage of all.
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// MinAvailable is how many pods must stay available, as a number or a percentage of all.
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
}

// PodUnavailableBudget limits how many pods of an application are unavailable at once because somebody deletes, evicts or updates
// them.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=pub
// +kubebuilder:printcolumn:name="Allowed",type="integer",JSONPath=".status.unavailableAllowed",description="Pods that may become unavailable now."
// +kubebuilder:printcolumn:name="Current",type="integer",JSONPath=".status.currentAvailable",description="Pods that are available."
// +kubebuilder:printcolumn:name="Desired",type="integer",JSONPath=".status.desiredAvailable",description="Pods that must stay available."
// +kubebuilder:printcolumn:name="Total",type="integer",JSONPath=".status.totalReplicas",description="Pods that there should be."
type PodUnavailableBudget struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PodUnavailableBudgetSpec           `json:"spec,omitempty"`
	Status v1beta1.PodUnavailableBudgetStatus `json:"status,omitempty"`
}

// PodUnavailableBudgetList is a list of PodUnavailableBudgets.
//
// +kubebuilder:object:root=true
type PodUnavailableBudgetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PodUnavailableBudget `json:"items"`
}
