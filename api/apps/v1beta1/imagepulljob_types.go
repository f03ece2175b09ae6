package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// ImagePullJobSpec is what a user wants.
type ImagePullJobSpec struct {
	// Image is the image to pull.
	Image string `json:"image"`

	ImagePullJobTemplate `json:",inline"`
}

// ImagePullJobTemplate is what ImagePullJob and ImageListPullJob have in common: where and how images are pulled.
type ImagePullJobTemplate struct {
	// PullSecrets names secrets of the job's namespace with the credentials of the registry. An ImagePullJob keeps those that it was
	// created with.
	// +optional
	PullSecrets []string `json:"pullSecrets,omitempty"`
	// Selector chooses nodes. Default: all. It excludes podSelector.
	// +optional
	Selector *ImagePullJobNodeSelector `json:"selector,omitempty"`
	// PodSelector chooses the nodes of the pods that it matches. It excludes selector.
	// +optional
	PodSelector *ImagePullJobPodSelector `json:"podSelector,omitempty"`
	// Parallelism is on how many nodes images are pulled at a time, as a number; 0 pauses the job. Default 1.
	// +optional
	Parallelism *intstr.IntOrString `json:"parallelism,omitempty"`
	// PullPolicy limits a single pull.
	// +optional
	PullPolicy *PullPolicy `json:"pullPolicy,omitempty"`
	// CompletionPolicy says when the job is over.
	CompletionPolicy CompletionPolicy `json:"completionPolicy"`
	// SandboxConfig is handed to the container runtime with each pull.
	// +optional
	SandboxConfig *SandboxConfig `json:"sandboxConfig,omitempty"`
	// ImagePullPolicy is Always or IfNotPresent. Admission writes IfNotPresent into an ImagePullJob without one.
	// +optional
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`
}

// ImagePullJobNodeSelector chooses nodes by their names or by their labels, not by both.
type ImagePullJobNodeSelector struct {
	// Names lists nodes.
	// +optional
	Names []string `json:"names,omitempty"`

	metav1.LabelSelector `json:",inline"`
}

// ImagePullJobPodSelector chooses pods by their labels.
type ImagePullJobPodSelector struct {
	metav1.LabelSelector `json:",inline"`
}

// PullPolicy limits a single pull of an image.
type PullPolicy struct {
	// TimeoutSeconds is how long, in seconds, a pull may take. Default 600.
	// +optional
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
	// BackoffLimit is how often a pull is tried again before it counts as failed. Default 3.
	// +optional
	BackoffLimit *int32 `json:"backoffLimit,omitempty"`
}

// SandboxConfig is metadata for the pod sandbox that a pull names to the container runtime.
type SandboxConfig struct {
	// Labels of the sandbox.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations of the sandbox.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// ImagePullJobStatus is what the controller has seen.
type ImagePullJobStatus struct {
	// StartTime is when the controller took up the job.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the job was over.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Desired is the number of nodes to pull on.
	Desired int32 `json:"desired"`
	// Active is the number of pulls that are running.
	// +optional
	Active int32 `json:"active,omitempty"`
	// Succeeded is the number of nodes that have the image.
	// +optional
	Succeeded int32 `json:"succeeded,omitempty"`
	// Failed is the number of nodes on which the pull failed.
	// +optional
	Failed int32 `json:"failed,omitempty"`
	// Message says how the job stands.
	// +optional
	Message string `json:"message,omitempty"`
	// FailedNodes lists the nodes on which the pull failed.
	// +optional
	FailedNodes []string `json:"failedNodes,omitempty"`
}

// ImagePullJob pulls an image on many nodes before it is needed there.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="TOTAL",type="integer",JSONPath=".status.desired",description="Nodes to pull on."
// +kubebuilder:printcolumn:name="ACTIVE",type="integer",JSONPath=".status.active",description="Pulls that are running."
// +kubebuilder:printcolumn:name="SUCCEED",type="integer",JSONPath=".status.succeeded",description="Nodes that have the image."
// +kubebuilder:printcolumn:name="FAILED",type="integer",JSONPath=".status.failed",description="Nodes on which the pull failed."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type ImagePullJob struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ImagePullJobSpec   `json:"spec,omitempty"`
	Status ImagePullJobStatus `json:"status,omitempty"`
}

// ImagePullJobList is a list of ImagePullJobs.
//
// +kubebuilder:object:root=true
type ImagePullJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ImagePullJob `json:"items"`
}
