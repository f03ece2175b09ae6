package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeImageSpec is what controllers want of a node.
type NodeImageSpec struct {
	// Images are the images to pull, by name without tag; at most 256.
	// +optional
	Images map[string]ImageSpec `json:"images,omitempty"`
}

// ImageSpec says how an image is pulled.
type ImageSpec struct {
	// PullSecrets refers to secrets with the credentials of the registry.
	// +optional
	PullSecrets []ReferenceObject `json:"pullSecrets,omitempty"`
	// Tags are the versions to pull, sorted.
	Tags []ImageTagSpec `json:"tags"`
	// SandboxConfig is handed to the container runtime with each pull.
	// +optional
	SandboxConfig *SandboxConfig `json:"sandboxConfig,omitempty"`
}

// ReferenceObject refers to a secret.
type ReferenceObject struct {
	// Namespace of the secret.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Name of the secret.
	// +optional
	Name string `json:"name,omitempty"`
	// Mode is "batch" for a secret that several jobs share and that goes with the image. v1alpha1 has no such field.
	// +optional
	Mode string `json:"mode,omitempty"`
}

// ImageTagSpec says how one version of an image is pulled.
type ImageTagSpec struct {
	// Tag is the version, or a digest.
	Tag string `json:"tag"`
	// CreatedAt is when this tag was asked for. Admission writes the current time into one without.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
	// PullPolicy limits the pull.
	// +optional
	PullPolicy *ImageTagPullPolicy `json:"pullPolicy,omitempty"`
	// OwnerReferences lists the jobs that want this tag.
	// +optional
	OwnerReferences []corev1.ObjectReference `json:"ownerReferences,omitempty"`
	// Version changes when the tag is to be pulled again. Not negative.
	// +optional
	Version int64 `json:"version,omitempty"`
	// ImagePullPolicy is Always or IfNotPresent. Default IfNotPresent.
	// +optional
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy,omitempty"`
}

// ImageTagPullPolicy limits the pull of a tag.
type ImageTagPullPolicy struct {
	// TimeoutSeconds is how long, in seconds, a pull may take. Default 600.
	// +optional
	TimeoutSeconds *int32 `json:"timeoutSeconds,omitempty"`
	// BackoffLimit is how often a pull is tried again before it counts as failed. Default 3.
	// +optional
	BackoffLimit *int32 `json:"backoffLimit,omitempty"`
	// TTLSecondsAfterFinished is how long, in seconds, a finished pull stays in the list; 0 removes it at once. Required, although the
	// schema does not say so.
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
	// ActiveDeadlineSeconds is how long, in seconds since its start, the pull may be tried in all. Default: no limit.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
}

// NodeImageStatus is what the node's daemon reports.
type NodeImageStatus struct {
	// Desired is the number of tags to pull.
	Desired int32 `json:"desired"`
	// Succeeded is the number of tags that are there.
	// +optional
	Succeeded int32 `json:"succeeded,omitempty"`
	// Failed is the number of tags that could not be pulled.
	// +optional
	Failed int32 `json:"failed,omitempty"`
	// Pulling is the number of tags that are being pulled.
	// +optional
	Pulling int32 `json:"pulling,omitempty"`
	// Waiting is the number of tags that wait their turn.
	// +optional
	Waiting int32 `json:"waiting,omitempty"`
	// ImageStatuses says how each image stands, by name without tag.
	// +optional
	ImageStatuses map[string]ImageStatus `json:"imageStatuses,omitempty"`
	// FirstSyncStatus says when the first images of a new node were there.
	// +optional
	FirstSyncStatus *SyncStatus `json:"firstSyncStatus,omitempty"`
}

// ImageStatus says how an image stands.
type ImageStatus struct {
	// Tags are the versions of the image, sorted.
	Tags []ImageTagStatus `json:"tags"`
}

// ImagePullPhase says how far a pull has come.
type ImagePullPhase string

// ImageTagStatus says how one version of an image stands.
type ImageTagStatus struct {
	// Tag is the version.
	Tag string `json:"tag"`
	// Phase says how far the pull has come.
	Phase ImagePullPhase `json:"phase"`
	// Progress is the percentage that is there. It may fall when a pull is tried again.
	// +optional
	Progress int32 `json:"progress,omitempty"`
	// StartTime is when the daemon took up the pull.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the pull was over.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Version is the version in spec that this status is about.
	// +optional
	Version int64 `json:"version,omitempty"`
	// ImageID is the ID of the image on the node.
	// +optional
	ImageID string `json:"imageID,omitempty"`
	// Message says what went wrong.
	// +optional
	Message string `json:"message,omitempty"`
}

// SyncStatusPhase says whether a synchronisation succeeded.
type SyncStatusPhase string

// SyncStatus says how a synchronisation went.
type SyncStatus struct {
	// SyncAt is when it was over.
	// +optional
	SyncAt metav1.Time `json:"syncAt,omitempty"`
	// Status says whether it succeeded.
	// +optional
	Status SyncStatusPhase `json:"status,omitempty"`
	// Message says what went wrong.
	// +optional
	Message string `json:"message,omitempty"`
}

// NodeImage tells the daemon of one node, whose name it has, which images to pull. Controllers write it.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:subresource:status
// +kubebuilder:printcolumn:name="DESIRED",type="integer",JSONPath=".status.desired",description="Tags to pull."
// +kubebuilder:printcolumn:name="PULLING",type="integer",JSONPath=".status.pulling",description="Tags that are being pulled."
// +kubebuilder:printcolumn:name="SUCCEED",type="integer",JSONPath=".status.succeeded",description="Tags that are there."
// +kubebuilder:printcolumn:name="FAILED",type="integer",JSONPath=".status.failed",description="Tags that could not be pulled."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type NodeImage struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeImageSpec   `json:"spec,omitempty"`
	Status NodeImageStatus `json:"status,omitempty"`
}

// NodeImageList is a list of NodeImages.
//
// +kubebuilder:object:root=true
type NodeImageList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NodeImage `json:"items"`
}
