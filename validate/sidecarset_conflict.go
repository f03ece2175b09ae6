package validate

// Rules c6: two SidecarSets that can inject the same pod must not bring containers or volumes of the same name, nor
// fight over an annotation.

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// rival is another SidecarSet that can inject the same pods.
type rival struct {
	*v1beta1.SidecarSet
	// where says which pods, by an example.
	where string
}

// conflictFaults compares a SidecarSet with all others.
func conflictFaults(set *v1beta1.SidecarSet, others []*v1beta1.SidecarSet) field.ErrorList {
	var rivals []rival
	for _, other := range others {
		if other.Name == set.Name || alternatives(set, other) {
			continue
		}
		if where, meet := meeting(set, other); meet {
			rivals = append(rivals, rival{other, where})
		}
	}
	errs := containerConflicts(set, rivals)
	errs = append(errs, volumeConflicts(set, rivals)...)
	return append(errs, annotationConflicts(set, rivals)...)
}

// alternatives reports whether two SidecarSets never inject the same pod, because one is a canary of the other or both
// are canaries of a third. OpenKruise sees only the first of these ways, so that a base cannot be updated while its
// canary exists (quirk 41).
func alternatives(a, b *v1beta1.SidecarSet) bool {
	baseOfA, aIsCanary := sidecarset.CanaryBase(a.Annotations)
	baseOfB, bIsCanary := sidecarset.CanaryBase(b.Annotations)
	return aIsCanary && baseOfA == b.Name || bIsCanary && baseOfB == a.Name || aIsCanary && bIsCanary && baseOfA == baseOfB
}

// meeting reports whether a pod can match both SidecarSets, and describes one. Namespaces are judged by their selectors
// alone: the labels of namespaces change.
func meeting(a, b *v1beta1.SidecarSet) (where string, meet bool) {
	podLabels, meet := overlap(a.Spec.Selector, b.Spec.Selector)
	if !meet {
		return "", false
	}
	where = "pods labelled " + podLabels
	if podLabels == "" {
		where = "pods without labels"
	}
	switch {
	case a.Spec.NamespaceSelector == nil && b.Spec.NamespaceSelector == nil:
		return where, true
	case a.Spec.NamespaceSelector == nil || b.Spec.NamespaceSelector == nil:
		return where + ", because one of the two is for all namespaces", true
	}
	namespaceLabels, meet := overlap(a.Spec.NamespaceSelector, b.Spec.NamespaceSelector)
	if meet && namespaceLabels != "" {
		where += " in namespaces labelled " + namespaceLabels
	}
	return where, meet
}

// separation is how to keep two SidecarSets out of each other's pods.
const separation = "rename one of the two, or make their selectors or namespace selectors exclude each other by different values of one label"

// containerConflicts compares the names that sidecars take in a pod, across init and regular containers: OpenKruise
// compares each list with its like only, which breaks pods (quirk 53).
func containerConflicts(set *v1beta1.SidecarSet, rivals []rival) field.ErrorList {
	owners := map[string]rival{}
	for _, other := range slices.Backward(rivals) { // so that the first by name is the one that is named
		eachSidecar(other.SidecarSet, func(container *v1beta1.SidecarContainer, isInit bool, _ *field.Path) {
			for _, name := range claimedNames(container, isInit) {
				owners[name] = other
			}
		})
	}
	var errs field.ErrorList
	eachSidecar(set, func(container *v1beta1.SidecarContainer, isInit bool, path *field.Path) {
		for _, name := range claimedNames(container, isInit) {
			if owner, taken := owners[name]; taken {
				errs = append(errs, field.Invalid(path.Child("name"), name,
					fmt.Sprintf("SidecarSet %q has a container of this name, and both select %s: %s", owner.Name, owner.where, separation)))
				return
			}
		}
	})
	return errs
}

// claimedNames are the name of a sidecar, by which OpenKruise's annotations know it, and its names in the pod.
func claimedNames(container *v1beta1.SidecarContainer, isInit bool) []string {
	if !hotUpgraded(container, isInit) {
		return []string{container.Name}
	}
	return append([]string{container.Name}, namesInPod(container, isInit)...)
}

// volumeConflicts refuses volumes of one name and different content; equal ones are shared.
func volumeConflicts(set *v1beta1.SidecarSet, rivals []rival) field.ErrorList {
	var errs field.ErrorList
	for i := range set.Spec.Volumes {
		volume := &set.Spec.Volumes[i]
		differs := func(other corev1.Volume) bool {
			return other.Name == volume.Name && !equality.Semantic.DeepEqual(*volume, other)
		}
		for _, other := range rivals {
			if slices.ContainsFunc(other.Spec.Volumes, differs) {
				errs = append(errs, field.Invalid(specPath.Child("volumes").Index(i).Child("name"), volume.Name,
					fmt.Sprintf("SidecarSet %q has a volume of this name with another source, and both select %s: make the volumes equal, or %s",
						other.Name, other.where, separation)))
				break
			}
		}
	}
	return errs
}

// annotationConflicts refuses annotations that two SidecarSets write when one of them overwrites. Retain never fights,
// and merges add up.
func annotationConflicts(set *v1beta1.SidecarSet, rivals []rival) field.ErrorList {
	var errs field.ErrorList
	for i, patch := range set.Spec.PatchPodMetadata {
		if patch.PatchPolicy == v1beta1.SidecarSetRetainPatchPolicy {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(patch.Annotations)) {
			if other, ok := overwrittenBy(rivals, key, patch.PatchPolicy); ok {
				errs = append(errs, field.Invalid(specPath.Child("patchPodMetadata").Index(i).Child("annotations").Key(key), key,
					fmt.Sprintf("SidecarSet %q writes this annotation as well, one of the two overwrites it, and both select %s: "+
						"use MergePatchJson or Retain in both, or %s", other.Name, other.where, separation)))
			}
		}
	}
	return errs
}

// overwrittenBy returns the first SidecarSet that fights over an annotation with a patch of that policy.
func overwrittenBy(rivals []rival, key string, policy v1beta1.SidecarSetPatchPolicyType) (first rival, ok bool) {
	for _, other := range rivals {
		for _, theirs := range other.Spec.PatchPodMetadata {
			if _, writes := theirs.Annotations[key]; !writes || theirs.PatchPolicy == v1beta1.SidecarSetRetainPatchPolicy {
				continue
			}
			if policy == v1beta1.SidecarSetOverwritePatchPolicy || theirs.PatchPolicy == v1beta1.SidecarSetOverwritePatchPolicy {
				return other, true
			}
		}
	}
	return rival{}, false
}
