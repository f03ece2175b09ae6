package inject

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// The reference decides a pod in the plainest way: everything is decoded into Kubernetes' types, SidecarSets are looked at one by one, and
// lists are built with append. It has no snapshot, no index, no compiled fragment and no patch. It knows pods that have not been injected
// before, and SidecarSets without a pinned revision; of the engine it borrows only what is about the text of one annotation.

var errReferenceRefuses = errors.New("refused")

// referenceSidecar is a sidecar on its way.
type referenceSidecar struct {
	set        *v1beta1.SidecarSet
	from       *v1beta1.SidecarContainer
	init       bool
	containers []corev1.Container // one, or the two of a hot upgrade
	left       bool
}

func (s *referenceSidecar) native() bool {
	return s.from.RestartPolicy != nil && *s.from.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// referenceInject changes the pod.
func referenceInject(view *memoryView, options Options, pod *corev1.Pod, namespace string) error {
	if pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil
	}
	sets := referenceMatching(view, pod, cmp.Or(namespace, pod.Namespace, "default"))
	var sidecars []*referenceSidecar
	for _, set := range sets {
		for i := range set.Spec.InitContainers {
			sidecars = append(sidecars, &referenceSidecar{set: set, from: &set.Spec.InitContainers[i], init: true})
		}
		for i := range set.Spec.Containers {
			sidecars = append(sidecars, &referenceSidecar{set: set, from: &set.Spec.Containers[i]})
		}
	}
	for _, s := range sidecars {
		if !referencePathsUnique(s.from) {
			return errReferenceRefuses
		}
	}
	if err := referenceMetadata(sets, pod); err != nil {
		return err
	}
	for _, s := range sidecars {
		if err := s.build(pod, sidecars, options.Clashes.MountPath); err != nil {
			return err
		}
	}
	if err := referenceSettle(sidecars, pod, options.Clashes.Container); err != nil {
		return err
	}
	return referencePlace(sets, sidecars, pod, options)
}

// referenceMatching lists the SidecarSets that apply, in their order.
func referenceMatching(view *memoryView, pod *corev1.Pod, namespace string) []*v1beta1.SidecarSet {
	var matched []*v1beta1.SidecarSet
	for _, name := range view.names() {
		set := view.sets[name]
		selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
		namespaces, namespaceErr := metav1.LabelSelectorAsSelector(set.Spec.NamespaceSelector)
		namespaceLabels, found := view.namespaces[namespace]
		switch {
		case err != nil || namespaceErr != nil || set.Spec.InjectionStrategy.Paused:
		case selector.Empty() || !selector.Matches(labels.Set(pod.Labels)):
		case set.Spec.NamespaceSelector != nil && (!found || !namespaces.Matches(labels.Set(namespaceLabels))):
		default:
			matched = append(matched, set)
		}
	}
	superseded := map[string]bool{}
	for _, set := range matched {
		if base, canary := sidecarset.CanaryBase(set.Annotations); canary {
			superseded[base] = true
		}
	}
	matched = slices.DeleteFunc(matched, func(set *v1beta1.SidecarSet) bool { return superseded[set.Name] })
	bound := func(set *v1beta1.SidecarSet) int {
		if set.Spec.NamespaceSelector != nil && boundNamespaces(set.Spec.NamespaceSelector) != nil {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(matched, func(a, b *v1beta1.SidecarSet) int { return cmp.Compare(bound(a), bound(b)) })
	return matched
}

func referencePathsUnique(c *v1beta1.SidecarContainer) bool {
	taken := map[string]bool{}
	for _, m := range c.VolumeMounts {
		if taken[m.MountPath] {
			return false
		}
		taken[m.MountPath] = true
	}
	for _, d := range c.VolumeDevices {
		if taken[d.DevicePath] {
			return false
		}
		taken[d.DevicePath] = true
	}
	return true
}

func referenceMetadata(sets []*v1beta1.SidecarSet, pod *corev1.Pod) error {
	patches := map[string][]ownedPatch{}
	for _, set := range sets {
		for _, p := range set.Spec.PatchPodMetadata {
			for _, key := range slices.Sorted(maps.Keys(p.Annotations)) {
				patches[key] = append(patches[key], ownedPatch{metadataPatch{p.PatchPolicy, key, p.Annotations[key]}, set.Name})
			}
		}
	}
	for key, list := range patches {
		value, exists := pod.Annotations[key]
		if exists && (isFresh(value, false, list) || isFresh(value, true, list)) {
			continue
		}
		value, exists, err := patchAnnotation(value, exists, list)
		if err != nil {
			return errReferenceRefuses
		}
		if exists {
			metav1.SetMetaDataAnnotation(&pod.ObjectMeta, key, value)
		}
	}
	return nil
}
