package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// EphemeralJobSpec is what a user wants.
type EphemeralJobSpec struct {
	// Selector finds the pods by their labels.
	Selector *metav1.LabelSelector `json:"selector"`
	// Replicas limits the pods that get the containers. Absent, or more than there are: all that match.
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`
	// Parallelism limits the pods in which the containers run at the same time. Default: no limit.
	// +optional
	Parallelism *int32 `json:"parallelism,omitempty"`
	// Template holds the containers.
	Template EphemeralContainerTemplateSpec `json:"template"`
	// Paused keeps the job from adding more containers.
	// +optional
	Paused bool `json:"paused,omitempty"`
	// ActiveDeadlineSeconds is how long, in seconds since its start, the job may run before it is ended. Default: no limit.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// TTLSecondsAfterFinished is how long, in seconds, a finished job is kept. Default 1800. 0: not at all.
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// EphemeralContainerTemplateSpec holds ephemeral containers.
type EphemeralContainerTemplateSpec struct {
	// EphemeralContainers are added to every selected pod. Nothing is defaulted in them.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	EphemeralContainers []corev1.EphemeralContainer `json:"ephemeralContainers"`
}

// EphemeralJobPhase sums the state of an EphemeralJob up in a word.
type EphemeralJobPhase string

// EphemeralJobStatus is what the controller saw last.
type EphemeralJobStatus struct {
	// Conditions explain the state.
	// +optional
	Conditions []v1beta1.JobCondition `json:"conditions,omitempty"`
	// StartTime is when the controller took the job up.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the job was done.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Phase sums the state up in a word.
	// +optional
	Phase EphemeralJobPhase `json:"phase"`
	// Matches is the number of pods that match the selector.
	// +optional
	Matches int32 `json:"match"`
	// Running is the number of pods in which the containers run.
	// +optional
	Running int32 `json:"running"`
	// Succeeded is the number of pods in which they ended well.
	// +optional
	Succeeded int32 `json:"succeeded"`
	// Waiting is the number of pods that wait for their containers.
	// +optional
	Waiting int32 `json:"waiting"`
	// Failed is the number of pods in which they ended badly.
	// +optional
	Failed int32 `json:"failed"`
}

// EphemeralJob adds ephemeral containers to running pods. Only this version has it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ejob
// +kubebuilder:printcolumn:name="STATUS",type="string",JSONPath=".status.phase",description="State of the job."
// +kubebuilder:printcolumn:name="MATCH",type="integer",JSONPath=".status.match",description="Pods that match the selector."
// +kubebuilder:printcolumn:name="SUCCEED",type="integer",JSONPath=".status.succeeded",description="Pods in which the containers ended well."
// +kubebuilder:printcolumn:name="FAILED",type="integer",JSONPath=".status.failed",description="Pods in which they ended badly."
// +kubebuilder:printcolumn:name="RUNNING",type="integer",JSONPath=".status.running",description="Pods in which they run."
// +kubebuilder:printcolumn:name="WAITING",type="integer",JSONPath=".status.waiting",description="Pods that wait for them."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type EphemeralJob struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   EphemeralJobSpec   `json:"spec,omitempty"`
	Status EphemeralJobStatus `json:"status,omitempty"`
}

// EphemeralJobList is a list of EphemeralJobs.
//
// +kubebuilder:object:root=true
type EphemeralJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []EphemeralJob `json:"items"`
}
