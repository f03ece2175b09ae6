package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// ContainerRecreateRequestFailurePolicyType says what happens when one of the containers cannot be recreated. This version puts no schema on
// it.
type ContainerRecreateRequestFailurePolicyType string

// ContainerRecreateRequestPhase sums the state of a request, or of one of its containers, up in a word. This version puts no schema on it.
type ContainerRecreateRequestPhase string

// ContainerRecreateRequestSpec is what a user wants. It never changes.
type ContainerRecreateRequestSpec struct {
	// PodName names the pod, in the namespace of the request.
	PodName string `json:"podName"`
	// Containers lists the containers of the pod that are to be recreated.
	Containers []v1beta1.ContainerRecreateRequestContainer `json:"containers"`
	// Strategy says how.
	// +optional
	Strategy *ContainerRecreateRequestStrategy `json:"strategy,omitempty"`
	// ActiveDeadlineSeconds is how long, in seconds, the request may take. At least 3. Default: no limit.
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// TTLSecondsAfterFinished is how long, in seconds, a finished request is kept. Default: for ever.
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// ContainerRecreateRequestStrategy says how containers are recreated.
type ContainerRecreateRequestStrategy struct {
	// FailurePolicy is Fail (the default) or Ignore.
	// +optional
	FailurePolicy ContainerRecreateRequestFailurePolicyType `json:"failurePolicy,omitempty"`
	// OrderedRecreate recreates one container after another instead of all at once.
	// +optional
	OrderedRecreate bool `json:"orderedRecreate,omitempty"`
	// ForceRecreate stops containers even while they are still starting.
	// +optional
	ForceRecreate bool `json:"forceRecreate,omitempty"`
	// TerminationGracePeriodSeconds is the time, in seconds, that a container has to stop. Default: that of the pod.
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// UnreadyGracePeriodSeconds is how long, in seconds, the pod is not ready before its containers are stopped.
	// +optional
	UnreadyGracePeriodSeconds *int64 `json:"unreadyGracePeriodSeconds,omitempty"`
	// MinStartedSeconds is how long, in seconds, a new container must be started and ready to count as a success. Default 0.
	// +optional
	MinStartedSeconds int32 `json:"minStartedSeconds,omitempty"`
}

// ContainerRecreateRequestStatus is what the controller saw last.
type ContainerRecreateRequestStatus struct {
	// Phase sums the state up in a word.
	Phase ContainerRecreateRequestPhase `json:"phase"`
	// CompletionTime is when the request was done.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
	// Message tells people about the state.
	// +optional
	Message string `json:"message,omitempty"`
	// ContainerRecreateStates tell about each container.
	// +optional
	ContainerRecreateStates []ContainerRecreateRequestContainerRecreateState `json:"containerRecreateStates,omitempty"`
}

// ContainerRecreateRequestContainerRecreateState tells about one container.
type ContainerRecreateRequestContainerRecreateState struct {
	// Name of the container.
	Name string `json:"name"`
	// Phase sums its state up in a word.
	Phase ContainerRecreateRequestPhase `json:"phase"`
	// Message tells people about the state.
	// +optional
	Message string `json:"message,omitempty"`
	// IsKilled says that the old container has been stopped.
	// +optional
	IsKilled bool `json:"isKilled,omitempty"`
}

// ContainerRecreateRequest asks for containers of a running pod to be recreated in place.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=crr
// +kubebuilder:printcolumn:name="PHASE",type="string",JSONPath=".status.phase",description="State of the request."
// +kubebuilder:printcolumn:name="POD",type="string",JSONPath=".spec.podName",description="Pod of the containers."
// +kubebuilder:printcolumn:name="NODE",type="string",JSONPath=".metadata.labels.crr\\.apps\\.kruise\\.io/node-name",description="Node of the pod."
// +kubebuilder:printcolumn:name="AGE",type="date",JSONPath=".metadata.creationTimestamp",description="Time since creation."
type ContainerRecreateRequest struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   ContainerRecreateRequestSpec   `json:"spec,omitempty"`
	Status ContainerRecreateRequestStatus `json:"status,omitempty"`
}

// ContainerRecreateRequestList is a list of ContainerRecreateRequests.
//
// +kubebuilder:object:root=true
type ContainerRecreateRequestList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []ContainerRecreateRequest `json:"items"`
}
