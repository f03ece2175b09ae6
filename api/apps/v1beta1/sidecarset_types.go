package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// SidecarSetUpdateStrategyType says whether sidecars of running pods are updated.
type SidecarSetUpdateStrategyType string

const (
	// RollingUpdateSidecarSetStrategyType updates the sidecars of running pods step by step. The default.
	RollingUpdateSidecarSetStrategyType SidecarSetUpdateStrategyType = "RollingUpdate"
	// NotUpdateSidecarSetStrategyType leaves running pods as they are; only new pods get the new sidecars.
	NotUpdateSidecarSetStrategyType SidecarSetUpdateStrategyType = "NotUpdate"
)

// SidecarSetInjectRevisionPolicy says which pods get the pinned revision.
type SidecarSetInjectRevisionPolicy string

const (
	// AlwaysSidecarSetInjectRevisionPolicy gives the pinned revision to every new pod. The default.
	AlwaysSidecarSetInjectRevisionPolicy SidecarSetInjectRevisionPolicy = "Always"
	// PartialSidecarSetInjectRevisionPolicy gives the pinned revision to the new pods that updateStrategy (selector and a partition in
	// percent) leaves on the old version, and the newest one to the rest.
	PartialSidecarSetInjectRevisionPolicy SidecarSetInjectRevisionPolicy = "Partial"
)

// SidecarSetPatchPolicyType says what wins when a pod already has an annotation.
type SidecarSetPatchPolicyType string

const (
	// SidecarSetRetainPatchPolicy keeps the value of the pod. The default.
	SidecarSetRetainPatchPolicy SidecarSetPatchPolicyType = "Retain"
	// SidecarSetOverwritePatchPolicy replaces the value of the pod.
	SidecarSetOverwritePatchPolicy SidecarSetPatchPolicyType = "Overwrite"
	// SidecarSetMergePatchJsonPatchPolicy merges both values, which are JSON texts (RFC 7386).
	SidecarSetMergePatchJsonPatchPolicy SidecarSetPatchPolicyType = "MergePatchJson"
)

// SidecarSetSpec is what a user wants.
type SidecarSetSpec struct {
	// Selector selects pods by their labels. Required; an empty one selects nothing.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// NamespaceSelector selects the namespaces whose pods get the sidecars. Absent means all namespaces.
	// +optional
	NamespaceSelector *metav1.LabelSelector `json:"namespaceSelector,omitempty"`
	// InitContainers are added to the init containers of a pod, in the order of their names.
	// +optional
	// +patchMergeKey=name
	// +patchStrategy=merge
	InitContainers []SidecarContainer `json:"initContainers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Containers are added to the containers of a pod.
	// +optional
	// +patchMergeKey=name
	// +patchStrategy=merge
	Containers []SidecarContainer `json:"containers,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// Volumes are what sidecars may mount; those that are mounted are added to the pod.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +optional
	// +patchMergeKey=name
	// +patchStrategy=merge
	Volumes []corev1.Volume `json:"volumes,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// UpdateStrategy says how sidecars of running pods are updated.
	// +optional
	UpdateStrategy SidecarSetUpdateStrategy `json:"updateStrategy,omitempty"`
	// InjectionStrategy says which new pods get which revision.
	// +optional
	InjectionStrategy SidecarSetInjectionStrategy `json:"injectionStrategy,omitempty"`
	// ImagePullSecrets are added to the imagePullSecrets of a pod.
	// +optional
	// +patchMergeKey=name
	// +patchStrategy=merge
	ImagePullSecrets []corev1.LocalObjectReference `json:"imagePullSecrets,omitempty" patchStrategy:"merge" patchMergeKey:"name"`
	// RevisionHistoryLimit is the number of old revisions to keep. Default 10.
	// +optional
	RevisionHistoryLimit *int32 `json:"revisionHistoryLimit,omitempty"`
	// PatchPodMetadata changes annotations of a pod.
	// +optional
	PatchPodMetadata []SidecarSetPatchPodMetadata `json:"patchPodMetadata,omitempty"`
	// CustomVersion is a name for the current content, by which injectionStrategy.revision can pin its revision later.
	// +optional
	CustomVersion string `json:"customVersion,omitempty"`
}

// SidecarSetPatchPodMetadata changes annotations of a pod.
type SidecarSetPatchPodMetadata struct {
	// Annotations are the keys and values to write.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// PatchPolicy is Retain (the default), Overwrite or MergePatchJson.
	// +optional
	PatchPolicy SidecarSetPatchPolicyType `json:"patchPolicy,omitempty"`
}

// SidecarSetInjectionStrategy says which new pods get which revision.
type SidecarSetInjectionStrategy struct {
	// Paused stops the injection into new pods.
	// +optional
	Paused bool `json:"paused,omitempty"`
	// Revision pins new pods to an older revision.
	// +optional
	Revision *SidecarSetInjectRevision `json:"revision,omitempty"`
}

// SidecarSetInjectRevision pins new pods to an older revision. One of the two names is required; revisionName wins.
type SidecarSetInjectRevision struct {
	// CustomVersion is the customVersion that the SidecarSet had.
	// +optional
	CustomVersion *string `json:"customVersion,omitempty"`
	// RevisionName is the name of a ControllerRevision of the SidecarSet.
	// +optional
	RevisionName *string `json:"revisionName,omitempty"`
	// Policy is Always (the default) or Partial.
	// +kubebuilder:validation:Enum=Always;Partial
	// +kubebuilder:default=Always
	// +optional
	Policy SidecarSetInjectRevisionPolicy `json:"policy,omitempty"`
}

// SidecarSetUpdateStrategy says how sidecars of running pods are updated.
type SidecarSetUpdateStrategy struct {
	// Type is RollingUpdate (the default) or NotUpdate.
	// +optional
	Type SidecarSetUpdateStrategyType `json:"type,omitempty"`
	// Paused stops the update where it is.
	// +optional
	Paused bool `json:"paused,omitempty"`
	// Selector limits the update to pods with certain labels. Not together with a non-zero partition under RollingUpdate.
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
	// Partition is the number, or the percentage, of matched pods that stay on the old revision. Default 0.
	// +optional
	Partition *intstr.IntOrString `json:"partition,omitempty"`
	// MaxUnavailable limits the pods that are unavailable during an update, as a number or a percentage of matched pods. Default 1.
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	// PriorityStrategy says which pods are updated first.
	// +optional
	PriorityStrategy *UpdatePriorityStrategy `json:"priorityStrategy,omitempty"`
	// ScatterStrategy spreads pods with certain labels over the update.
	// +optional
	ScatterStrategy UpdateScatterStrategy `json:"scatterStrategy,omitempty"`
}

// SidecarSetStatus is what the controller saw last.
type SidecarSetStatus struct {
	// ObservedGeneration is the metadata.generation to which this status belongs.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// MatchedPods is the number of injected pods that the selector matches.
	MatchedPods int32 `json:"matchedPods"`
	// UpdatedPods is the number of them with the newest sidecars.
	UpdatedPods int32 `json:"updatedPods"`
	// ReadyPods is the number of them that are ready.
	ReadyPods int32 `json:"readyPods"`
	// UpdatedReadyPods is the number of them that are ready and have the newest sidecars.
	// +optional
	UpdatedReadyPods int32 `json:"updatedReadyPods,omitempty"`
	// LatestRevision names the ControllerRevision of the current spec.
	// +optional
	LatestRevision string `json:"latestRevision,omitempty"`
	// CollisionCount counts clashes of revision names.
	// +optional
	CollisionCount *int32 `json:"collisionCount,omitempty"`
}

// SidecarSet says which containers are added to which pods.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="MATCHED",type="integer",JSONPath=".status.matchedPods",description="Injected pods that match."
// +kubebuilder:printcolumn:name="UPDATED",type="integer",JSONPath=".status.updatedPods",description="Those with the newest sidecars."
// +kubebuilder:printcolumn:name="READY",type="integer",JSONPath=".status.readyPods",description="Those that are ready."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type SidecarSet struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   SidecarSetSpec   `json:"spec,omitempty"`
	Status SidecarSetStatus `json:"status,omitempty"`
}

// SidecarSetList is a list of SidecarSets.
//
// +kubebuilder:object:root=true
type SidecarSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []SidecarSet `json:"items"`
}
