package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// ResourceDistributionSpec is what a user wants.
type ResourceDistributionSpec struct {
	// Resource is the whole Secret or ConfigMap. Its namespace is not looked at; its apiVersion, kind and name never change.
	// +kubebuilder:validation:EmbeddedResource
	// +kubebuilder:pruning:PreserveUnknownFields
	Resource runtime.RawExtension `json:"resource"`
	// Targets says which namespaces get a copy.
	Targets ResourceDistributionTargets `json:"targets"`
}

// ResourceDistributionTargets says which namespaces get a copy: those of any of the first three members, without the excluded ones.
type ResourceDistributionTargets struct {
	// AllNamespaces takes all, also those that do not exist yet.
	// +optional
	AllNamespaces bool `json:"allNamespaces,omitempty"`
	// IncludedNamespaces takes namespaces by name.
	// +optional
	IncludedNamespaces v1beta1.ResourceDistributionTargetNamespaces `json:"includedNamespaces,omitempty"`
	// NamespaceLabelSelector takes namespaces by their labels. v1beta1 calls it namespaceSelector.
	// +optional
	NamespaceLabelSelector metav1.LabelSelector `json:"namespaceLabelSelector,omitempty"`
	// ExcludedNamespaces leaves namespaces out.
	// +optional
	ExcludedNamespaces v1beta1.ResourceDistributionTargetNamespaces `json:"excludedNamespaces,omitempty"`
}

// ResourceDistributionStatus is what the controller saw last.
type ResourceDistributionStatus struct {
	// ObservedGeneration is the metadata.generation to which this status belongs.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Desired is the number of namespaces that shall have a copy.
	// +optional
	Desired int32 `json:"desired,omitempty"`
	// Succeeded is the number of namespaces whose copy is up to date.
	// +optional
	Succeeded int32 `json:"succeeded,omitempty"`
	// Failed is the number of namespaces where that failed.
	// +optional
	Failed int32 `json:"failed,omitempty"`
	// Conditions explain the state.
	// +optional
	Conditions []ResourceDistributionCondition `json:"conditions,omitempty"`
}

// ResourceDistributionCondition is one way to fail, and where it happens.
type ResourceDistributionCondition struct {
	// Type names the way to fail.
	Type v1beta1.ResourceDistributionConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status corev1.ConditionStatus `json:"status"`
	// LastTransitionTime is when status changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Reason is a word for programs.
	// +optional
	Reason string `json:"reason,omitempty"`
	// FailedNamespaces are those where it happens. v1beta1 uses the plural on the wire too.
	// +optional
	FailedNamespaces []string `json:"failedNamespace,omitempty"`
}

// ResourceDistribution copies a Secret or a ConfigMap to namespaces.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=distributor
// +kubebuilder:printcolumn:name="TOTAL",type="integer",JSONPath=".status.desired",description="Namespaces that shall have a copy."
// +kubebuilder:printcolumn:name="SUCCEED",type="integer",JSONPath=".status.succeeded",description="Namespaces whose copy is up to date."
// +kubebuilder:printcolumn:name="FAILED",type="integer",JSONPath=".status.failed",description="Namespaces where copying failed."
type ResourceDistribution struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ResourceDistributionSpec   `json:"spec,omitempty"`
	Status ResourceDistributionStatus `json:"status,omitempty"`
}

// ResourceDistributionList is a list of ResourceDistributions.
//
// +kubebuilder:object:root=true
type ResourceDistributionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ResourceDistribution `json:"items"`
}
