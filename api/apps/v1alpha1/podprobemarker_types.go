package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodProbeMarkerSpec is what a user wants.
type PodProbeMarkerSpec struct {
	// Selector finds the pods to probe. It must not be empty and never changes.
	Selector *metav1.LabelSelector `json:"selector"`
	// Probes are the probes that the daemon of each node runs.
	Probes []PodContainerProbe `json:"probes"`
}

// PodContainerProbe is a probe of one container and what becomes of its result.
type PodContainerProbe struct {
	// Name of the probe, unique among all probes of a pod.
	Name string `json:"name"`
	// ContainerName is the container to probe.
	ContainerName string `json:"containerName"`
	// Probe says how: exec, httpGet or tcpSocket.
	Probe ContainerProbeSpec `json:"probe"`
	// MarkerPolicy says what to write into the pod for each result. It may be absent if podConditionType is given.
	// +optional
	MarkerPolicy []ProbeMarkerPolicy `json:"markerPolicy,omitempty"`
	// PodConditionType is the condition of the pod that shows the result. It may be absent if markerPolicy is given.
	// +optional
	PodConditionType string `json:"podConditionType,omitempty"`
}

// ContainerProbeSpec is a probe as in a pod.
type ContainerProbeSpec struct {
	corev1.Probe `json:",inline"`
}

// ProbeState is the result of a probe.
type ProbeState string

const (
	// ProbeSucceeded says that the container passed.
	ProbeSucceeded ProbeState = "Succeeded"
	// ProbeFailed says that it did not.
	ProbeFailed ProbeState = "Failed"
	// ProbeUnknown says that there is no result. No marker policy can name it.
	ProbeUnknown ProbeState = "Unknown"
)

// ProbeMarkerPolicy says what to write into the pod for a result.
type ProbeMarkerPolicy struct {
	// State is Succeeded or Failed.
	State ProbeState `json:"state"`
	// Labels to write.
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Annotations to write.
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
}

// PodProbeMarkerStatus is what the controller has seen.
type PodProbeMarkerStatus struct {
	// ObservedGeneration is the generation that this status is about.
	ObservedGeneration int64 `json:"observedGeneration"`
	// MatchedPods is the number of pods that the selector finds.
	// +optional
	MatchedPods int64 `json:"matchedPods,omitempty"`
}

// PodProbeMarker probes containers and writes the results into their pods.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:subresource:status
type PodProbeMarker struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   PodProbeMarkerSpec   `json:"spec,omitempty"`
	Status PodProbeMarkerStatus `json:"status,omitempty"`
}

// PodProbeMarkerList is a list of PodProbeMarkers.
//
// +kubebuilder:object:root=true
type PodProbeMarkerList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []PodProbeMarker `json:"items"`
}
