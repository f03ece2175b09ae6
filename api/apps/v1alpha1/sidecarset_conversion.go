package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// The two differences between the versions of SidecarSet (spec/inject.md 2.6): a namespace is a namespaceSelector in v1beta1, and the
// custom version a field instead of a label. Package convert does the same to objects with fields that these types do not know.

// ConvertTo makes hub what s is in v1beta1. The two share nothing afterwards. It never fails.
func (s *SidecarSet) ConvertTo(hub *v1beta1.SidecarSet) error {
	s = s.DeepCopy()
	*hub = v1beta1.SidecarSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "SidecarSet"},
		ObjectMeta: s.ObjectMeta,
		Spec: v1beta1.SidecarSetSpec{
			Selector:             s.Spec.Selector,
			NamespaceSelector:    s.Spec.NamespaceSelector,
			InitContainers:       s.Spec.InitContainers,
			Containers:           s.Spec.Containers,
			Volumes:              s.Spec.Volumes,
			UpdateStrategy:       s.Spec.UpdateStrategy,
			InjectionStrategy:    s.Spec.InjectionStrategy,
			ImagePullSecrets:     s.Spec.ImagePullSecrets,
			RevisionHistoryLimit: s.Spec.RevisionHistoryLimit,
			PatchPodMetadata:     s.Spec.PatchPodMetadata,
			CustomVersion:        s.Labels[sidecarset.CustomVersionLabel],
		},
		Status: s.Status,
	}
	remove(&hub.Labels, sidecarset.CustomVersionLabel)
	remove(&hub.Annotations, KeptNamespaceKey)
	if s.Spec.Namespace != "" {
		hub.Spec.NamespaceSelector = selectByName(s.Spec.Namespace)
		put(&hub.Annotations, KeptNamespaceKey, s.Spec.Namespace)
	}
	return nil
}

// ConvertFrom makes s what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (s *SidecarSet) ConvertFrom(hub *v1beta1.SidecarSet) error {
	hub = hub.DeepCopy()
	*s = SidecarSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "SidecarSet"},
		ObjectMeta: hub.ObjectMeta,
		Spec: SidecarSetSpec{
			Selector:             hub.Spec.Selector,
			NamespaceSelector:    hub.Spec.NamespaceSelector,
			InitContainers:       hub.Spec.InitContainers,
			Containers:           hub.Spec.Containers,
			Volumes:              hub.Spec.Volumes,
			UpdateStrategy:       hub.Spec.UpdateStrategy,
			InjectionStrategy:    hub.Spec.InjectionStrategy,
			ImagePullSecrets:     hub.Spec.ImagePullSecrets,
			RevisionHistoryLimit: hub.Spec.RevisionHistoryLimit,
			PatchPodMetadata:     hub.Spec.PatchPodMetadata,
		},
		Status: hub.Status,
	}
	// The field decides, so that a label without it does not become the custom version of this object on the way back.
	remove(&s.Labels, sidecarset.CustomVersionLabel)
	if hub.Spec.CustomVersion != "" {
		put(&s.Labels, sidecarset.CustomVersionLabel, hub.Spec.CustomVersion)
	}
	if kept := hub.Annotations[KeptNamespaceKey]; kept != "" && selectsOnlyName(hub.Spec.NamespaceSelector, kept) {
		s.Spec.Namespace, s.Spec.NamespaceSelector = kept, nil
	}
	remove(&s.Annotations, KeptNamespaceKey)
	return nil
}

func selectByName(namespace string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: namespace}}
}

func selectsOnlyName(selector *metav1.LabelSelector, namespace string) bool {
	return selector != nil && len(selector.MatchExpressions) == 0 && len(selector.MatchLabels) == 1 &&
		selector.MatchLabels[corev1.LabelMetadataName] == namespace
}
