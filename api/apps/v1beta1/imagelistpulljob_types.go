package v1beta1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ImageListPullJobSpec is what a user wants.
type ImageListPullJobSpec struct {
	// Images are the images to pull, each named once; at most 255.
	Images []string `json:"images"`

	ImagePullJobTemplate `json:",inline"`
}

// ImageListPullJobStatus is what the controller has seen. It counts ImagePullJobs, of which there is one an image.
type ImageListPullJobStatus struct {
	// StartTime is when the controller took up the job.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when all ImagePullJobs were over.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Desired is the number of ImagePullJobs wanted.
	Desired int32 `json:"desired"`
	// Active is the number of ImagePullJobs that are running.
	// +optional
	Active int32 `json:"active,omitempty"`
	// Completed is the number of ImagePullJobs that are over.
	// +optional
	Completed int32 `json:"completed,omitempty"`
	// Succeeded is the number of ImagePullJobs without a failed node.
	// +optional
	Succeeded int32 `json:"succeeded,omitempty"`
	// FailedImageStatuses lists images that could not be pulled everywhere.
	// +optional
	FailedImageStatuses []*FailedImageStatus `json:"failedImageStatuses,omitempty"`
}

// FailedImageStatus says why an image could not be pulled everywhere.
type FailedImageStatus struct {
	// ImagePullJob is the name of the ImagePullJob of the image.
	// +optional
	ImagePullJob string `json:"imagePullJob,omitempty"`
	// Name is the image.
	// +optional
	Name string `json:"name,omitempty"`
	// Message says what went wrong.
	// +optional
	Message string `json:"message,omitempty"`
}

// ImageListPullJob pulls several images on many nodes, through an ImagePullJob for each.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="TOTAL",type="integer",JSONPath=".status.desired",description="ImagePullJobs wanted."
// +kubebuilder:printcolumn:name="SUCCEEDED",type="integer",JSONPath=".status.succeeded",description="ImagePullJobs without a failed node."
// +kubebuilder:printcolumn:name="COMPLETED",type="integer",JSONPath=".status.completed",description="ImagePullJobs that are over."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type ImageListPullJob struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ImageListPullJobSpec   `json:"spec,omitempty"`
	Status ImageListPullJobStatus `json:"status,omitempty"`
}

// ImageListPullJobList is a list of ImageListPullJobs.
//
// +kubebuilder:object:root=true
type ImageListPullJobList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ImageListPullJob `json:"items"`
}
