package v1beta1

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// UpdateStrategyType says how a UnitedDeployment brings a new revision to its subsets.
type UpdateStrategyType string

// ManualUpdateStrategyType lets the user set a partition a subset. The default, and the only one.
const ManualUpdateStrategyType UpdateStrategyType = "Manual"

// UnitedDeploymentScheduleStrategyType says what becomes of pods that a subset has no room for.
type UnitedDeploymentScheduleStrategyType string

const (
	// AdaptiveUnitedDeploymentScheduleStrategyType moves pods that cannot be scheduled to other subsets.
	AdaptiveUnitedDeploymentScheduleStrategyType UnitedDeploymentScheduleStrategyType = "Adaptive"
	// FixedUnitedDeploymentScheduleStrategyType leaves every pod in its subset. The default.
	FixedUnitedDeploymentScheduleStrategyType UnitedDeploymentScheduleStrategyType = "Fixed"
)

// UnitedDeploymentConditionType names a condition of a UnitedDeployment or of one of its subsets.
type UnitedDeploymentConditionType string

const (
	// SubsetProvisioned is true while the workloads of all subsets exist.
	SubsetProvisioned UnitedDeploymentConditionType = "SubsetProvisioned"
	// SubsetUpdated is true while the workloads of all subsets have the newest revision.
	SubsetUpdated UnitedDeploymentConditionType = "SubsetUpdated"
	// SubsetFailure is true while the workload of a subset cannot be created, updated or deleted.
	SubsetFailure UnitedDeploymentConditionType = "SubsetFailure"
	// UnitedDeploymentSubsetSchedulable says whether an adaptive subset has room for more pods.
	UnitedDeploymentSubsetSchedulable UnitedDeploymentConditionType = "Schedulable"
)

// UnitedDeploymentSpec is what a user wants.
type UnitedDeploymentSpec struct {
	// Replicas is the number of pods in all subsets together. Default 1.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
	// Selector finds the pods. It must match the labels of the template's workload and of its pods.
	Selector *metav1.LabelSelector `json:"selector"`
	// Template describes the workload that every subset gets one of.
	// +optional
	Template SubsetTemplate `json:"template,omitempty"`
	// Topology lists the subsets.
	// +optional
	Topology Topology `json:"topology,omitempty"`
	// UpdateStrategy says how the subsets get a new template.
	// +optional
	UpdateStrategy UnitedDeploymentUpdateStrategy `json:"updateStrategy,omitempty"`
	// RevisionHistoryLimit is the number of old revisions to keep. Default 10.
	// +optional
	RevisionHistoryLimit *int32 `json:"revisionHistoryLimit,omitempty"`
}

// SubsetTemplate describes the workload of a subset. Exactly one member must be set.
type SubsetTemplate struct {
	// StatefulSetTemplate makes the workloads StatefulSets of Kubernetes.
	// +optional
	StatefulSetTemplate *StatefulSetTemplateSpec `json:"statefulSetTemplate,omitempty"`
	// AdvancedStatefulSetTemplate makes the workloads StatefulSets of this API group.
	// +optional
	AdvancedStatefulSetTemplate *AdvancedStatefulSetTemplateSpec `json:"advancedStatefulSetTemplate,omitempty"`
	// CloneSetTemplate makes the workloads CloneSets.
	// +optional
	CloneSetTemplate *CloneSetTemplateSpec `json:"cloneSetTemplate,omitempty"`
	// DeploymentTemplate makes the workloads Deployments of Kubernetes.
	// +optional
	DeploymentTemplate *DeploymentTemplateSpec `json:"deploymentTemplate,omitempty"`
}

// StatefulSetTemplateSpec describes a StatefulSet of Kubernetes.
type StatefulSetTemplateSpec struct {
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is that of the StatefulSet. Its replicas and partition belong to the UnitedDeployment.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Spec appsv1.StatefulSetSpec `json:"spec"`
}

// AdvancedStatefulSetTemplateSpec describes a StatefulSet of this API group.
type AdvancedStatefulSetTemplateSpec struct {
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is that of the StatefulSet. Its replicas and partition belong to the UnitedDeployment.
	Spec StatefulSetSpec `json:"spec"`
}

// CloneSetTemplateSpec describes a CloneSet.
type CloneSetTemplateSpec struct {
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is that of the CloneSet.
	Spec CloneSetSpec `json:"spec"`
}

// DeploymentTemplateSpec describes a Deployment of Kubernetes.
type DeploymentTemplateSpec struct {
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	metav1.ObjectMeta `json:"metadata,omitempty"`
	// Spec is that of the Deployment. Its replicas belong to the UnitedDeployment.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Spec appsv1.DeploymentSpec `json:"spec"`
}

// Topology spreads the pods over subsets.
type Topology struct {
	// Subsets are the places where pods run; each gets a workload of its own.
	// +optional
	Subsets []Subset `json:"subsets,omitempty"`
	// ScheduleStrategy says what becomes of pods that a subset has no room for.
	// +optional
	ScheduleStrategy UnitedDeploymentScheduleStrategy `json:"scheduleStrategy,omitempty"`
}

// Subset is a group of nodes with a share of the pods.
type Subset struct {
	// Name becomes part of the workload's name: a DNS label, unique within the UnitedDeployment.
	Name string `json:"name"`
	// NodeSelectorTerm selects the nodes.
	// +optional
	NodeSelectorTerm corev1.NodeSelectorTerm `json:"nodeSelectorTerm,omitempty"`
	// Tolerations are added to those of the template.
	// +optional
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`
	// Replicas is the subset's share, as a number or a percentage of the UnitedDeployment's replicas. Subsets without one divide
	// the rest. It excludes minReplicas and maxReplicas, in any subset.
	// +optional
	Replicas *intstr.IntOrString `json:"replicas,omitempty"`
	// MinReplicas is the share that is filled before later subsets get more than theirs, as a number or a percentage. Default 0.
	// +optional
	MinReplicas *intstr.IntOrString `json:"minReplicas,omitempty"`
	// MaxReplicas limits the share, as a number or a percentage. At least one subset must have no limit.
	// +optional
	MaxReplicas *intstr.IntOrString `json:"maxReplicas,omitempty"`
	// Patch is merged into the pods of the subset.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	// +optional
	Patch runtime.RawExtension `json:"patch,omitempty"`
}

// UnitedDeploymentScheduleStrategy says what becomes of pods that a subset has no room for.
type UnitedDeploymentScheduleStrategy struct {
	// Type is Fixed (the default) or Adaptive.
	// +kubebuilder:validation:Enum=Adaptive;Fixed;""
	// +optional
	Type UnitedDeploymentScheduleStrategyType `json:"type,omitempty"`
	// Adaptive tunes type Adaptive.
	// +optional
	Adaptive *AdaptiveUnitedDeploymentStrategy `json:"adaptive,omitempty"`
}

// AdaptiveUnitedDeploymentStrategy tunes how pods move to subsets that have room.
type AdaptiveUnitedDeploymentStrategy struct {
	// RescheduleCriticalSeconds is how long, in seconds, a pod may be unschedulable before it moves. Default 30.
	// +optional
	RescheduleCriticalSeconds *int32 `json:"rescheduleCriticalSeconds,omitempty"`
	// UnschedulableDuration is how long, in seconds, a subset without room gets no more pods. Default 300.
	// +optional
	UnschedulableDuration *int32 `json:"unschedulableDuration,omitempty"`
	// ReserveUnschedulablePods keeps the pod that has no room, next to its replacement in another subset, until it can run.
	// Not for StatefulSets of either kind.
	// +optional
	ReserveUnschedulablePods bool `json:"reserveUnschedulablePods,omitempty"`
}

// UnitedDeploymentUpdateStrategy says how the subsets get a new template.
type UnitedDeploymentUpdateStrategy struct {
	// Type is Manual, the default.
	// +kubebuilder:validation:Enum=Manual;""
	// +optional
	Type UpdateStrategyType `json:"type,omitempty"`
	// ManualUpdate tunes type Manual.
	// +optional
	ManualUpdate *ManualUpdate `json:"manualUpdate,omitempty"`
}

// ManualUpdate says how many pods of each subset keep the old revision.
type ManualUpdate struct {
	// Partitions is, by name of the subset, the number of pods that keep the old revision. Default 0.
	// +optional
	Partitions map[string]int32 `json:"partitions,omitempty"`
}

// UnitedDeploymentStatus is what the controller saw last.
type UnitedDeploymentStatus struct {
	// ObservedGeneration is the metadata.generation to which this status belongs.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// ReadyReplicas is the number of ready pods.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
	// Replicas is the number of pods.
	Replicas int32 `json:"replicas"`
	// UpdatedReplicas is the number of pods of the newest revision.
	UpdatedReplicas int32 `json:"updatedReplicas"`
	// UpdatedReadyReplicas is the number of ready pods of the newest revision.
	// +optional
	UpdatedReadyReplicas int32 `json:"updatedReadyReplicas,omitempty"`
	// ReservedPods is the number of pods that wait for room next to their replacements.
	// +optional
	ReservedPods int32 `json:"reservedPods,omitempty"`
	// CollisionCount counts clashes of revision names.
	// +optional
	CollisionCount *int32 `json:"collisionCount,omitempty"`
	// CurrentRevision names the ControllerRevision that pods below the partitions have.
	CurrentRevision string `json:"currentRevision"`
	// UpdatedRevision names the newest ControllerRevision.
	// +optional
	UpdatedRevision string `json:"updatedRevision,omitempty"`
	// SubsetStatuses are the states of the subsets.
	// +optional
	SubsetStatuses []UnitedDeploymentSubsetStatus `json:"subsetStatuses,omitempty"`
	// Conditions explain the state.
	// +optional
	Conditions []UnitedDeploymentCondition `json:"conditions,omitempty"`
	// LabelSelector is spec.selector as text, for the scale subresource.
	// +optional
	LabelSelector string `json:"labelSelector,omitempty"`
}

// UnitedDeploymentSubsetStatus is the state of one subset.
type UnitedDeploymentSubsetStatus struct {
	// Name is that of the subset.
	// +optional
	Name string `json:"name,omitempty"`
	// Replicas is the number of pods that the subset shall have.
	// +optional
	Replicas int32 `json:"replicas,omitempty"`
	// ReadyReplicas is the number of its ready pods.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas,omitempty"`
	// Partition is the number of its pods that keep the old revision.
	// +optional
	Partition int32 `json:"partition,omitempty"`
	// ReservedPods is the number of its pods that wait for room next to their replacements.
	// +optional
	ReservedPods int32 `json:"reservedPods,omitempty"`
	// Conditions explain the state.
	// +optional
	Conditions []UnitedDeploymentSubsetCondition `json:"conditions,omitempty"`
}

// UnitedDeploymentSubsetCondition is one aspect of the state of a subset.
type UnitedDeploymentSubsetCondition struct {
	// Type names the aspect.
	Type UnitedDeploymentConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status corev1.ConditionStatus `json:"status"`
	// LastTransitionTime is when status changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Reason is a word for programs.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message is a sentence for people.
	// +optional
	Message string `json:"message,omitempty"`
}

// UnitedDeploymentCondition is one aspect of the state.
type UnitedDeploymentCondition struct {
	// Type names the aspect.
	// +optional
	Type UnitedDeploymentConditionType `json:"type,omitempty"`
	// Status is True, False or Unknown.
	// +optional
	Status corev1.ConditionStatus `json:"status,omitempty"`
	// LastTransitionTime is when status changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Reason is a word for programs.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message is a sentence for people.
	// +optional
	Message string `json:"message,omitempty"`
}

// UnitedDeployment spreads pods over groups of nodes, each with a workload of its own.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.labelSelector
// +kubebuilder:resource:shortName=ud
// +kubebuilder:printcolumn:name="DESIRED",type="integer",JSONPath=".spec.replicas",description="Pods wanted."
// +kubebuilder:printcolumn:name="CURRENT",type="integer",JSONPath=".status.replicas",description="Pods there are."
// +kubebuilder:printcolumn:name="UPDATED",type="integer",JSONPath=".status.updatedReplicas",description="Pods of the newest revision."
// +kubebuilder:printcolumn:name="READY",type="integer",JSONPath=".status.readyReplicas",description="Ready pods."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type UnitedDeployment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   UnitedDeploymentSpec   `json:"spec,omitempty"`
	Status UnitedDeploymentStatus `json:"status,omitempty"`
}

// UnitedDeploymentList is a list of UnitedDeployments.
//
// +kubebuilder:object:root=true
type UnitedDeploymentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []UnitedDeployment `json:"items"`
}
