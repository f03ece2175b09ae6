package sidecarset

// CanaryBase says whether a SidecarSet with these annotations is a canary, and which SidecarSet it replaces in the pods that
// both select. A canary without a base is none, and only the exact value "true" counts (spec/inject.md 2.4).
func CanaryBase(annotations map[string]string) (base string, canary bool) {
	if annotations[CanaryAnnotation] != "true" || annotations[BaseAnnotation] == "" {
		return "", false
	}
	return annotations[BaseAnnotation], true
}
