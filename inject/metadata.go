package inject

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// metadataPatch is one annotation of patchPodMetadata (spec/inject.md 6).
type metadataPatch struct {
	policy     v1beta1.SidecarSetPatchPolicyType
	key, value string
}

func compileMetadataPatches(typed []v1beta1.SidecarSetPatchPodMetadata) []metadataPatch {
	var patches []metadataPatch
	for _, item := range typed {
		for _, key := range sortedKeys(item.Annotations) {
			patches = append(patches, metadataPatch{policy: item.PatchPolicy, key: key, value: item.Annotations[key]})
		}
	}
	return patches
}

// patchMetadata applies the patches of one SidecarSet. A policy that does not exist does nothing (spec/inject.md 6.2).
func (in *injection) patchMetadata(c *choice) error {
	for _, p := range c.content.patches {
		value, exists := in.annotations.get(p.key)
		switch p.policy {
		case v1beta1.SidecarSetRetainPatchPolicy, "":
			if !exists {
				in.annotations.set(p.key, p.value)
			}
		case v1beta1.SidecarSetOverwritePatchPolicy:
			in.annotations.set(p.key, p.value)
		case v1beta1.SidecarSetMergePatchJsonPatchPolicy:
			switch {
			case value == "":
				in.annotations.set(p.key, p.value)
			case value == p.value || c.recorded:
				// Merged by an earlier pass. Merging again would respell a text that was stored verbatim and drop its nulls,
				// so that injecting twice would not be injecting once.
			default:
				merged, err := mergeJSON(value, p.value)
				if err != nil {
					return invalid(metav1.CauseTypeFieldValueInvalid, "metadata.annotations["+p.key+"]", c.rule.name,
						"patchPodMetadata cannot be merged into it: %v", err)
				}
				in.annotations.set(p.key, merged)
			}
		}
	}
	return nil
}
