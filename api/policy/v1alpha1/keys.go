package v1alpha1

// KeptIgnoredPodSelectorKey is an annotation of v1alpha1 PodUnavailableBudgets. It holds, as JSON, the spec.ignoredPodSelector that
// only v1beta1 has, so that it is there again on the way back. OpenKruise loses it.
const KeptIgnoredPodSelectorKey = "kruise-admission.io/v1beta1-ignored-pod-selector"
