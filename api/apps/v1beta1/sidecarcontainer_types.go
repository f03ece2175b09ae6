package v1beta1

import (
	corev1 "k8s.io/api/core/v1"
)

// PodInjectPolicyType says where a sidecar goes among the containers of a pod.
type PodInjectPolicyType string

const (
	// BeforeAppContainerType puts it before them. The default for containers.
	BeforeAppContainerType PodInjectPolicyType = "BeforeAppContainer"
	// AfterAppContainerType puts it after them. The default for init containers.
	AfterAppContainerType PodInjectPolicyType = "AfterAppContainer"
)

// SidecarContainerUpgradeType says how the image of a running sidecar is changed.
type SidecarContainerUpgradeType string

const (
	// SidecarContainerColdUpgrade restarts the container. The default.
	SidecarContainerColdUpgrade SidecarContainerUpgradeType = "ColdUpgrade"
	// SidecarContainerHotUpgrade injects two containers, of which one works and one idles, and lets them take turns.
	SidecarContainerHotUpgrade SidecarContainerUpgradeType = "HotUpgrade"
)

// ShareVolumePolicyType switches sharing on or off.
type ShareVolumePolicyType string

const (
	// ShareVolumePolicyEnabled gives the sidecar what the containers of the pod have mounted.
	ShareVolumePolicyEnabled ShareVolumePolicyType = "enabled"
	// ShareVolumePolicyDisabled gives it nothing. The default.
	ShareVolumePolicyDisabled ShareVolumePolicyType = "disabled"
)

// TargetContainersModeType says how the resources of several containers become one figure.
type TargetContainersModeType string

const (
	// TargetContainersModeSum adds them up.
	TargetContainersModeSum TargetContainersModeType = "sum"
	// TargetContainersModeMax takes the greatest.
	TargetContainersModeMax TargetContainersModeType = "max"
)

// SidecarContainer is a container with rules for its injection.
//
// Its JSON feeds the SidecarSet hash that OpenKruise's controller compares (spec/inject.md 8.2). So the order of the
// members, and which of them omitempty drops, must never change.
type SidecarContainer struct {
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	corev1.Container `json:",inline"`

	// PodInjectPolicy is BeforeAppContainer or AfterAppContainer.
	PodInjectPolicy PodInjectPolicyType `json:"podInjectPolicy,omitempty"`
	// UpgradeStrategy says how the image is changed in running pods.
	UpgradeStrategy SidecarContainerUpgradeStrategy `json:"upgradeStrategy,omitempty"`
	// ShareVolumePolicy says whether the sidecar gets the volume mounts of the pod's containers.
	ShareVolumePolicy ShareVolumePolicy `json:"shareVolumePolicy,omitempty"`
	// ShareVolumeDevicePolicy says whether the sidecar gets the volume devices of the pod's containers. Absent means no.
	// +optional
	ShareVolumeDevicePolicy *ShareVolumePolicy `json:"shareVolumeDevicePolicy,omitempty"`
	// TransferEnv copies environment variables of the pod's containers.
	// +optional
	TransferEnv []TransferEnvVar `json:"transferEnv,omitempty"`
	// ResourcesPolicy computes the resources of the sidecar from those of the pod's containers.
	// +optional
	ResourcesPolicy *ResourcesPolicy `json:"resourcesPolicy,omitempty"`
}

// SidecarContainerUpgradeStrategy says how the image of a running sidecar is changed.
type SidecarContainerUpgradeStrategy struct {
	// UpgradeType is ColdUpgrade (the default) or HotUpgrade.
	UpgradeType SidecarContainerUpgradeType `json:"upgradeType,omitempty"`
	// HotUpgradeEmptyImage is the image of the idle container. Required for HotUpgrade.
	HotUpgradeEmptyImage string `json:"hotUpgradeEmptyImage,omitempty"`
}

// ShareVolumePolicy switches sharing on or off.
type ShareVolumePolicy struct {
	// Type is enabled or disabled (the default).
	Type ShareVolumePolicyType `json:"type,omitempty"`
}

// TransferEnvVar copies environment variables from one container of the pod.
type TransferEnvVar struct {
	// SourceContainerName names that container.
	SourceContainerName string `json:"sourceContainerName,omitempty"`
	// SourceContainerNameFrom reads the name from the pod instead; sourceContainerName is then not used, even if nothing is found.
	// +optional
	SourceContainerNameFrom *SourceContainerNameSource `json:"sourceContainerNameFrom,omitempty"`
	// EnvName names a variable.
	EnvName string `json:"envName,omitempty"`
	// EnvNames names further variables.
	EnvNames []string `json:"envNames,omitempty"`
}

// SourceContainerNameSource says where a pod tells the name of a container.
type SourceContainerNameSource struct {
	// FieldRef is metadata.labels['KEY'] or metadata.annotations['KEY'].
	// +optional
	FieldRef *corev1.ObjectFieldSelector `json:"fieldRef,omitempty"`
}

// ResourcesPolicy computes the resources of a sidecar from those of the pod's containers when the pod is created.
type ResourcesPolicy struct {
	// TargetContainersMode is sum or max.
	// +kubebuilder:validation:Enum=sum;max
	TargetContainersMode TargetContainersModeType `json:"targetContainersMode"`
	// TargetContainersNameRegex selects containers by name (Go syntax, found anywhere in the name). Default ".*".
	// +kubebuilder:default=".*"
	// +optional
	TargetContainersNameRegex string `json:"targetContainersNameRegex,omitempty"`
	// ResourcesExpr holds the expressions.
	ResourcesExpr ResourcesExpr `json:"resourcesExpr"`
}

// ResourcesExpr holds expressions for limits and requests. At least one of them must be there.
type ResourcesExpr struct {
	// Limits are computed from limits, and only where every selected container has one.
	// +optional
	Limits *ResourceExprs `json:"limits,omitempty"`
	// Requests are computed from requests; a container without one counts as zero.
	// +optional
	Requests *ResourceExprs `json:"requests,omitempty"`
}

// ResourceExprs holds one expression a resource, such as "max(cpu*50%, 50m)". An empty one sets nothing.
type ResourceExprs struct {
	// CPU may use the variable cpu.
	CPU string `json:"cpu,omitempty"`
	// Memory may use the variable memory.
	Memory string `json:"memory,omitempty"`
}
