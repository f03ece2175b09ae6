package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// ContainerRecreateRequestActiveKey is the label of a ContainerRecreateRequest that is not done yet. Admission sets it to "true".
	ContainerRecreateRequestActiveKey = "crr.apps.kruise.io/active"
	// ContainerRecreateRequestNodeNameKey is the label of a ContainerRecreateRequest with the node of its pod. Admission sets it, and it never changes.
	ContainerRecreateRequestNodeNameKey = "crr.apps.kruise.io/node-name"
	// ContainerRecreateRequestPodUIDKey is the label of a ContainerRecreateRequest with the uid of its pod. Admission sets it, and it never changes.
	ContainerRecreateRequestPodUIDKey = "crr.apps.kruise.io/pod-uid"

	// ContainerRecreateRequestPreRecreateGraceType is the condition that is True once the pod has been made not ready, for
	// unreadyGracePeriodSeconds before its containers are stopped.
	ContainerRecreateRequestPreRecreateGraceType = "PreRecreateGrace"
)

// ContainerRecreateRequestFailurePolicyType says what happens when one of the containers cannot be recreated.
//
// +kubebuilder:validation:Enum=Fail;Ignore
type ContainerRecreateRequestFailurePolicyType string

const (
	// FailContainerRecreateRequestFailurePolicyType ends the request. The default.
	FailContainerRecreateRequestFailurePolicyType ContainerRecreateRequestFailurePolicyType = "Fail"
	// IgnoreContainerRecreateRequestFailurePolicyType carries on with the next container.
	IgnoreContainerRecreateRequestFailurePolicyType ContainerRecreateRequestFailurePolicyType = "Ignore"
)

// ContainerRecreateRequestPhase sums the state of a request, or of one of its containers, up in a word.
//
// +kubebuilder:validation:Enum=Pending;Recreating;Succeeded;Failed;Completed
type ContainerRecreateRequestPhase string

// ContainerRecreateRequestSpec is what a user wants. It never changes.
type ContainerRecreateRequestSpec struct {
	// PodName names the pod, in the namespace of the request.
	PodName string `json:"podName"`
	// Containers lists the containers of the pod that are to be recreated.
	Containers []ContainerRecreateRequestContainer `json:"containers"`
	// Strategy says how.
	// +optional
	Strategy *ContainerRecreateRequestStrategy `json:"strategy,omitempty"`
	// ActiveDeadlineSeconds is how long, in seconds, the request may take. At least 3. Default: no limit.
	// +kubebuilder:validation:Minimum=0
	// +optional
	ActiveDeadlineSeconds *int64 `json:"activeDeadlineSeconds,omitempty"`
	// TTLSecondsAfterFinished is how long, in seconds, a finished request is kept. Default: for ever.
	// +kubebuilder:validation:Minimum=0
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`
}

// ContainerRecreateRequestContainer names a container. All but the name is written by admission, and only by it.
type ContainerRecreateRequestContainer struct {
	// Name of the container.
	Name string `json:"name"`
	// PreStop is the preStop hook of the container, which is run before it is stopped.
	// +optional
	PreStop *ContainerRecreateRequestHandler `json:"preStop,omitempty"`
	// Ports are the ports of the container; an httpGet hook may name one of them.
	// +optional
	Ports []corev1.ContainerPort `json:"ports,omitempty"`
	// StatusContext identifies the container that is to be stopped.
	// +optional
	StatusContext *ContainerRecreateRequestContainerContext `json:"statusContext,omitempty"`
}

// ContainerRecreateRequestHandler is a preStop hook.
type ContainerRecreateRequestHandler struct {
	// Exec runs a command in the container.
	// +optional
	Exec *corev1.ExecAction `json:"exec,omitempty"`
	// HTTPGet sends a request to the container.
	// +optional
	HTTPGet *corev1.HTTPGetAction `json:"httpGet,omitempty"`
	// TCPSocket opens a connection to the container.
	// +optional
	TCPSocket *corev1.TCPSocketAction `json:"tcpSocket,omitempty"`
}

// ContainerRecreateRequestContainerContext identifies a running container.
type ContainerRecreateRequestContainerContext struct {
	// ContainerID is the id of the container, with the name of its runtime before it.
	ContainerID string `json:"containerID"`
	// RestartCount is the number of restarts so far.
	RestartCount int32 `json:"restartCount"`
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
	// +kubebuilder:validation:Minimum=0
	// +optional
	TerminationGracePeriodSeconds *int64 `json:"terminationGracePeriodSeconds,omitempty"`
	// UnreadyGracePeriodSeconds is how long, in seconds, the pod is not ready before its containers are stopped.
	// +kubebuilder:validation:Minimum=0
	// +optional
	UnreadyGracePeriodSeconds *int64 `json:"unreadyGracePeriodSeconds,omitempty"`
	// MinStartedSeconds is how long, in seconds, a new container must be started and ready to count as a success. Default 0.
	// +kubebuilder:validation:Minimum=0
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
	// ContainerStatusSnapshot is what the pod said last of its containers. In v1alpha1 this is an annotation.
	// +optional
	ContainerStatusSnapshot []ContainerRecreateRequestSyncContainerStatus `json:"containerStatusSnapshot,omitempty"`
	// Conditions explain the state. In v1alpha1 condition PreRecreateGrace is an annotation.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
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

// ContainerRecreateRequestSyncContainerStatus is what the pod said last of a container.
type ContainerRecreateRequestSyncContainerStatus struct {
	// Name of the container.
	Name string `json:"name"`
	// Ready says whether it passes its readiness probe.
	Ready bool `json:"ready"`
	// RestartCount is the number of restarts so far.
	RestartCount int32 `json:"restartCount"`
	// ContainerID is the id of the container, with the name of its runtime before it.
	// +optional
	ContainerID string `json:"containerID,omitempty"`
}

// ContainerRecreateRequest asks for containers of a running pod to be recreated in place.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
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
