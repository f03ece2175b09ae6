package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// FailurePolicyType says what a job does when one of its pods fails.
type FailurePolicyType string

const (
	// ContinueFailurePolicyType carries on with the other nodes.
	ContinueFailurePolicyType FailurePolicyType = "Continue"
	// FailFastFailurePolicyType fails the job at once. The default.
	FailFastFailurePolicyType FailurePolicyType = "FailFast"
	// PauseFailurePolicyType pauses the job until somebody resumes it.
	PauseFailurePolicyType FailurePolicyType = "Pause"
)

// FailurePolicy says what a job does when one of its pods fails.
type FailurePolicy struct {
	// Type is FailFast (the default), Continue or Pause.
	Type FailurePolicyType `json:"type,omitempty"`
	// RestartLimit is the number of restarts after which a pod counts as failed.
	RestartLimit int32 `json:"restartLimit,omitempty"`
}

// BroadcastJobSpec is what a user wants.
type BroadcastJobSpec struct {
	// Parallelism limits the pods that run at the same time, as a number or a percentage of nodes. Default: no limit.
	// +optional
	Parallelism *intstr.IntOrString `json:"parallelism,omitempty"`
	// Template describes the pod that every node gets. Its restartPolicy must be OnFailure or Never.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Template corev1.PodTemplateSpec `json:"template"`
	// CompletionPolicy says when the job is done and what becomes of it then.
	// +optional
	CompletionPolicy CompletionPolicy `json:"completionPolicy,omitempty"`
	// Paused keeps the job from creating more pods.
	// +optional
	Paused bool `json:"paused,omitempty"`
	// FailurePolicy says what the job does when one of its pods fails.
	// +optional
	FailurePolicy FailurePolicy `json:"failurePolicy,omitempty"`
}

// JobConditionType names a state of a job.
type JobConditionType string

// JobCondition explains the state of a BroadcastJob or an EphemeralJob.
type JobCondition struct {
	// Type is Complete or Failed.
	Type JobConditionType `json:"type"`
	// Status is True, False or Unknown.
	Status corev1.ConditionStatus `json:"status"`
	// LastProbeTime is when the condition was looked at last.
	// +optional
	LastProbeTime metav1.Time `json:"lastProbeTime,omitempty"`
	// LastTransitionTime is when the status changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Reason is a word for programs that says why the status changed.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Message tells people why the status changed.
	// +optional
	Message string `json:"message,omitempty"`
}

// BroadcastJobPhase sums the state of a BroadcastJob up in a word.
type BroadcastJobPhase string

// BroadcastJobStatus is what the controller saw last.
type BroadcastJobStatus struct {
	// Conditions explain the state.
	// +optional
	Conditions []JobCondition `json:"conditions,omitempty"`
	// StartTime is when the controller took the job up.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the job was done.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Active is the number of running pods.
	// +optional
	Active int32 `json:"active"`
	// Succeeded is the number of pods that ended well.
	// +optional
	Succeeded int32 `json:"succeeded"`
	// Failed is the number of pods that ended badly.
	// +optional
	Failed int32 `json:"failed"`
	// Desired is the number of nodes that should run a pod.
	// +optional
	Desired int32 `json:"desired"`
	// Phase sums the state up in a word.
	// +optional
	Phase BroadcastJobPhase `json:"phase"`
}

// BroadcastJob runs one pod to its end on every node.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=bcj
// +kubebuilder:printcolumn:name="Desired",type="integer",JSONPath=".status.desired",description="Pods wanted."
// +kubebuilder:printcolumn:name="Active",type="integer",JSONPath=".status.active",description="Running pods."
// +kubebuilder:printcolumn:name="Succeeded",type="integer",JSONPath=".status.succeeded",description="Pods that ended well."
// +kubebuilder:printcolumn:name="Failed",type="integer",JSONPath=".status.failed",description="Pods that ended badly."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type BroadcastJob struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   BroadcastJobSpec   `json:"spec,omitempty"`
	Status BroadcastJobStatus `json:"status,omitempty"`
}

// BroadcastJobList is a list of BroadcastJobs.
//
// +kubebuilder:object:root=true
type BroadcastJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []BroadcastJob `json:"items"`
}
