package v1beta1

// What pods and budgets say in annotations and labels.
const (
	// RelatedPubAnnotation names, on a pod, the budget that protects it. It is written when the pod is created.
	RelatedPubAnnotation = "pub.kruise.io/related-pub"
	// LegacyRelatedPubAnnotation is the older key of [RelatedPubAnnotation].
	LegacyRelatedPubAnnotation = "kruise.io/related-pub"
	// NoProtectAnnotation takes, with a true value, a pod out of the protection by its budget.
	NoProtectAnnotation = "pub.kruise.io/no-protect"
	// ProtectOperationsAnnotation says on a budget, separated by commas, what spec.protectOperations says in v1beta1.
	ProtectOperationsAnnotation = "kruise.io/pub-protect-operations"
	// ProtectTotalReplicasAnnotation says on a budget what spec.protectTotalReplicas says in v1beta1.
	ProtectTotalReplicasAnnotation = "pub.kruise.io/protect-total-replicas"
	// UnavailableLabelPrefix starts the keys of labels of pods with which a user or a controller makes a pod count as unavailable.
	UnavailableLabelPrefix = "unavailable-pod.kruise.io/"
)
