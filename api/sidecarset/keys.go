package sidecarset

// The keys with which SidecarSets and what belongs to them are marked (spec/inject.md section 9).

// Annotations of a SidecarSet.
const (
	// HashAnnotation holds the hash of the sidecars: on a SidecarSet and its ControllerRevisions the hash itself, on a
	// pod a JSON object with a record for every injected SidecarSet.
	HashAnnotation = "kruise.io/sidecarset-hash"
	// HashWithoutImageAnnotation is that of [HashAnnotation] without the images. Pods that differ in nothing else can be updated in place.
	HashWithoutImageAnnotation = "kruise.io/sidecarset-hash-without-image"
	// CanaryAnnotation with the value "true" makes a SidecarSet a canary; see [CanaryBase].
	CanaryAnnotation = "apps.kruise.io/sidecarset-canary"
	// BaseAnnotation names the SidecarSet that a canary replaces.
	BaseAnnotation = "apps.kruise.io/sidecarset-base"
)

// Annotations of an injected pod, besides the two hashes.
const (
	// InjectedListAnnotation lists the injected SidecarSets by name, sorted, separated by commas.
	InjectedListAnnotation = "kruise.io/sidecarset-injected-list"
	// WorkingHotUpgradeAnnotation holds a JSON object: name of a hot-upgrade sidecar -> name of its working container.
	WorkingHotUpgradeAnnotation = "kruise.io/sidecarset-working-hotupgrade-container"
	// VersionAnnotationPrefix, with the name of a hot-upgrade container behind it, holds the version of that container.
	VersionAnnotationPrefix = "version.sidecarset.kruise.io/"
	// VersionAltAnnotationPrefix, with the name of a hot-upgrade container behind it, holds the version of its sibling.
	VersionAltAnnotationPrefix = "versionalt.sidecarset.kruise.io/"
	// InPlaceUpdateStateAnnotation on a pod is written by OpenKruise's controller when it changes images of a running pod.
	InPlaceUpdateStateAnnotation = "kruise.io/sidecarset-inplace-update-state"
)

// Labels of a SidecarSet and of its ControllerRevisions.
const (
	// NameLabel holds the name of the SidecarSet to which a ControllerRevision belongs.
	NameLabel = "kruise.io/sidecarset-name"
	// CustomVersionLabel holds spec.customVersion of a ControllerRevision. In v1alpha1, which has no such field, it does so on
	// the SidecarSet, too.
	CustomVersionLabel = "apps.kruise.io/sidecarset-custom-version"
	// RevisionHashLabel holds the hash of a ControllerRevision's data before any collision; see [RevisionHash].
	RevisionHashLabel = "controller.kubernetes.io/hash"
)

// Environment variables of injected containers.
const (
	// InjectedEnv, set to InjectedEnvValue, marks every injected container.
	InjectedEnv = "IS_INJECTED"
	// InjectedEnvValue is the value of InjectedEnv.
	InjectedEnvValue = "true"
	// VersionEnv tells a hot-upgrade container its own version.
	VersionEnv = "SIDECARSET_VERSION"
	// VersionAltEnv tells a hot-upgrade container the version of its sibling.
	VersionAltEnv = "SIDECARSET_VERSION_ALT"
)

// Names.
const (
	// HotUpgradeSuffix1 is what the name of a hot-upgrade sidecar gets for its first container.
	HotUpgradeSuffix1 = "-1"
	// HotUpgradeSuffix2 is what the name of a hot-upgrade sidecar gets for its second container.
	HotUpgradeSuffix2 = "-2"
	// PatchPodMetadataWhiteListKey says which SidecarSets may patch which annotations of pods. It is a key of the settings ConfigMap
	// (kruise-configuration).
	PatchPodMetadataWhiteListKey = "SidecarSet_PatchPodMetadata_WhiteList"
)
