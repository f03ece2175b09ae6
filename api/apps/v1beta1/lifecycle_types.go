package v1beta1

// Lifecycle holds pods back at certain moments until their labels or finalizers say that they may go on.
type Lifecycle struct {
	// PreDelete holds a pod back before it is deleted.
	PreDelete *LifecycleHook `json:"preDelete,omitempty"`
	// InPlaceUpdate holds a pod back before and after it is updated in place.
	InPlaceUpdate *LifecycleHook `json:"inPlaceUpdate,omitempty"`
	// PreNormal holds a new pod back before it counts as available.
	PreNormal *LifecycleHook `json:"preNormal,omitempty"`
}

// LifecycleHook is hooked to a pod as long as the pod carries all of its labels and finalizers.
type LifecycleHook struct {
	// LabelsHandler lists labels, key and value.
	LabelsHandler map[string]string `json:"labelsHandler,omitempty"`
	// FinalizersHandler lists finalizers.
	FinalizersHandler []string `json:"finalizersHandler,omitempty"`
	// MarkPodNotReady makes the pod not ready while the hook holds it before a deletion or an update.
	MarkPodNotReady bool `json:"markPodNotReady,omitempty"`
}
