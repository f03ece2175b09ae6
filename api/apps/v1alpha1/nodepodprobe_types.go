package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodePodProbeSpec is what controllers want of a node.
type NodePodProbeSpec struct {
	// PodProbes are the pods of the node that have probes.
	// +optional
	PodProbes []PodProbe `json:"podProbes,omitempty"`
}

// PodProbe holds the probes of a pod.
type PodProbe struct {
	// Name of the pod.
	Name string `json:"name"`
	// Namespace of the pod.
	Namespace string `json:"namespace"`
	// UID of the pod.
	UID string `json:"uid"`
	// IP of the pod.
	IP string `json:"IP"`
	// Probes are the probes to run.
	// +optional
	Probes []ContainerProbe `json:"probes,omitempty"`
}

// ContainerProbe is a probe of one container.
type ContainerProbe struct {
	// Name is the name of the PodProbeMarker, a # and the name of its probe.
	Name string `json:"name"`
	// ContainerName is the container to probe.
	ContainerName string `json:"containerName"`
	// Probe says how.
	Probe ContainerProbeSpec `json:"probe"`
}

// NodePodProbeStatus is what the node's daemon reports.
type NodePodProbeStatus struct {
	// PodProbeStatuses holds the results by pod.
	// +optional
	PodProbeStatuses []PodProbeStatus `json:"podProbeStatuses,omitempty"`
}

// PodProbeStatus holds the results of the probes of a pod.
type PodProbeStatus struct {
	// Name of the pod.
	Name string `json:"name"`
	// Namespace of the pod.
	Namespace string `json:"namespace"`
	// UID of the pod.
	UID string `json:"uid"`
	// ProbeStates are the results.
	// +optional
	ProbeStates []ContainerProbeState `json:"probeStates,omitempty"`
}

// ContainerProbeState is the result of a probe.
type ContainerProbeState struct {
	// Name is the name of the PodProbeMarker, a # and the name of its probe.
	Name string `json:"name"`
	// State is the result.
	State ProbeState `json:"state"`
	// LastProbeTime is when the probe ran last.
	// +optional
	LastProbeTime metav1.Time `json:"lastProbeTime,omitempty"`
	// LastTransitionTime is when the result changed last.
	// +optional
	LastTransitionTime metav1.Time `json:"lastTransitionTime,omitempty"`
	// Message is what the probe printed, or what went wrong.
	// +optional
	Message string `json:"message,omitempty"`
}

// NodePodProbe tells the daemon of one node, whose name it has, which probes to run. Controllers write it.
//
// +kubebuilder:object:root=true
// +kubebuilder:storageversion
// +kubebuilder:resource:scope=Cluster
// +kubebuilder:subresource:status
type NodePodProbe struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodePodProbeSpec   `json:"spec,omitempty"`
	Status NodePodProbeStatus `json:"status,omitempty"`
}

// NodePodProbeList is a list of NodePodProbes.
//
// +kubebuilder:object:root=true
type NodePodProbeList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []NodePodProbe `json:"items"`
}
