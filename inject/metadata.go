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

// ownedPatch is a patch with the SidecarSet that wants it.
type ownedPatch struct {
	metadataPatch
	owner string
}

// patchMetadata applies the patches of all SidecarSets, annotation by annotation.
//
// A value that is what the patches make of nothing, or of an empty value, was written by an earlier pass, and stays. Applying a
// MergePatchJson again would respell a text that was stored verbatim and drop its nulls, or fail if it is no JSON. All other
// values are the same after a second pass anyway.
func (in *injection) patchMetadata() error {
	patches := map[string][]ownedPatch{}
	for _, c := range in.choices {
		for _, p := range c.content.patches {
			patches[p.key] = append(patches[p.key], ownedPatch{p, c.rule.name})
		}
	}
	for _, key := range sortedKeys(patches) {
		posted, exists := in.annotations.get(key)
		if exists && (isFresh(posted, false, patches[key]) || isFresh(posted, true, patches[key])) {
			continue
		}
		value, exists, err := patchAnnotation(posted, exists, patches[key])
		if err != nil {
			return err
		}
		if exists {
			in.annotations.set(key, value)
		}
	}
	return nil
}

// isFresh says whether value is what the patches make of a missing annotation, or, if exists, of an empty one.
func isFresh(value string, exists bool, patches []ownedPatch) bool {
	fresh, _, err := patchAnnotation("", exists, patches)
	return err == nil && fresh == value
}

// patchAnnotation applies the patches of one annotation. A policy that does not exist does nothing (spec/inject.md 6.2).
func patchAnnotation(value string, exists bool, patches []ownedPatch) (string, bool, error) {
	for _, p := range patches {
		switch p.policy {
		case v1beta1.SidecarSetRetainPatchPolicy, "":
			if !exists {
				value, exists = p.value, true
			}
		case v1beta1.SidecarSetOverwritePatchPolicy:
			value, exists = p.value, true
		case v1beta1.SidecarSetMergePatchJsonPatchPolicy:
			if value == "" {
				value, exists = p.value, true
				continue
			}
			merged, err := mergeJSON(value, p.value)
			if err != nil {
				return "", false, invalid(metav1.CauseTypeFieldValueInvalid, "metadata.annotations["+p.key+"]", p.owner,
					"patchPodMetadata cannot be merged into it: %v", err)
			}
			value = merged
		}
	}
	return value, exists, nil
}
