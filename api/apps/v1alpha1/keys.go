package v1alpha1

// What v1beta1 has fields for, and this version says in labels and annotations (spec/server.md 12.2).
const (
	// CloneSetScalingExcludePreparingDeleteKey is the label of a CloneSet whose value "true" means
	// scaleStrategy.excludePreparingDelete.
	CloneSetScalingExcludePreparingDeleteKey = "apps.kruise.io/cloneset-scaling-exclude-preparing-delete"
	// ImagePreDownloadParallelismKey is the annotation of a CloneSet for inPlaceUpdateStrategy.imagePreDownloadParallelism, a number.
	ImagePreDownloadParallelismKey = "apps.kruise.io/image-predownload-parallelism"
	// ImagePreDownloadTimeoutSecondsKey is the annotation of a CloneSet for inPlaceUpdateStrategy.imagePreDownloadTimeoutSeconds.
	ImagePreDownloadTimeoutSecondsKey = "apps.kruise.io/image-predownload-timeout-seconds"
	// ImagePreDownloadMinUpdatedReadyPodsKey is the annotation of a CloneSet for
	// inPlaceUpdateStrategy.imagePreDownloadMinUpdatedReadyPods.
	ImagePreDownloadMinUpdatedReadyPodsKey = "apps.kruise.io/image-predownload-min-updated-ready-pods"
	// ProgressiveCreatePodKey is the annotation of a DaemonSet whose value "true" means scaleStrategy.partitionedScaling.
	ProgressiveCreatePodKey = "daemonset.kruise.io/progressive-create-pod"
	// SyncContainerStatusesKey is the annotation of a ContainerRecreateRequest for status.containerStatusSnapshot, as JSON.
	SyncContainerStatusesKey = "crr.apps.kruise.io/sync-container-statuses"
	// UnreadyAcquiredKey is the annotation of a ContainerRecreateRequest for condition PreRecreateGrace: the time since when it is True.
	UnreadyAcquiredKey = "crr.apps.kruise.io/unready-acquired"
)

// What one version cannot say at all, and conversion keeps in an annotation so that it is there again on the way back.
// OpenKruise loses it.
const (
	// KeptNamespaceKey is an annotation of v1beta1 SidecarSets. It holds the spec.namespace that a user of v1alpha1 wrote, as long as
	// the namespaceSelector says the same.
	KeptNamespaceKey = "kruise-admission.io/v1alpha1-namespace"
	// KeptPodUpdatePolicyKey is an annotation of v1alpha1 CloneSets with update strategy OnDelete. It holds the podUpdatePolicy of
	// v1beta1, which is unused but not gone.
	KeptPodUpdatePolicyKey = "kruise-admission.io/v1beta1-pod-update-policy"
	// KeptStatefulSetSpecKey is an annotation of v1alpha1 StatefulSets. It holds, as a JSON object, the members of spec that only
	// v1beta1 has: see [StatefulSetSpecOnlyInV1beta1].
	KeptStatefulSetSpecKey = "kruise-admission.io/v1beta1-spec"
	// KeptImageListPullJobTemplateKey is an annotation of v1alpha1 AdvancedCronJobs. It holds spec.template.imageListPullJobTemplate, as
	// JSON, which only v1beta1 has.
	KeptImageListPullJobTemplateKey = "kruise-admission.io/v1beta1-image-list-pull-job-template"
	// KeptPullSecretModesKey is an annotation of v1alpha1 NodeImages. It holds the modes of pull secrets, which only v1beta1 has: see
	// [KeptPullSecretModes].
	KeptPullSecretModesKey = "kruise-admission.io/v1beta1-pull-secret-modes"
)
