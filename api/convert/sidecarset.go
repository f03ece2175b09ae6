package convert

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// SidecarSet: a namespace is a namespaceSelector in v1beta1, and the custom version a field instead of a label (spec/inject.md 2.6).

func sidecarSetUp(root *object) error {
	labels, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	version, err := labels.text(sidecarset.CustomVersionLabel)
	if err != nil {
		return err
	}
	labels.delete(sidecarset.CustomVersionLabel)
	spec.delete("customVersion")
	if version != "" {
		spec.set("customVersion", version)
	}
	namespace, err := spec.text("namespace")
	if err != nil {
		return err
	}
	spec.delete("namespace")
	annotations.delete(v1alpha1.KeptNamespaceKey)
	if namespace != "" {
		spec.set("namespaceSelector", map[string]map[string]string{"matchLabels": {corev1.LabelMetadataName: namespace}})
		annotations.set(v1alpha1.KeptNamespaceKey, namespace)
	}
	return nil
}

func sidecarSetDown(root *object) error {
	labels, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	version, err := spec.text("customVersion")
	if err != nil {
		return err
	}
	spec.delete("customVersion")
	labels.delete(sidecarset.CustomVersionLabel)
	if version != "" {
		labels.set(sidecarset.CustomVersionLabel, version)
	}
	kept, err := annotations.text(v1alpha1.KeptNamespaceKey)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptNamespaceKey)
	spec.delete("namespace")
	if kept != "" && selectsOnlyName(spec.members["namespaceSelector"], kept) {
		spec.delete("namespaceSelector")
		spec.set("namespace", kept)
	}
	return nil
}

func selectsOnlyName(raw json.RawMessage, namespace string) bool {
	var selector metav1.LabelSelector
	if err := json.Unmarshal(raw, &selector); err != nil {
		return false
	}
	return len(selector.MatchExpressions) == 0 && len(selector.MatchLabels) == 1 &&
		selector.MatchLabels[corev1.LabelMetadataName] == namespace
}
