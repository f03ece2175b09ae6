package v1alpha1

import (
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of NodeImage (spec/server.md 12.2): in v1beta1 a pull secret has a mode, which this version keeps in an
// annotation. Package convert does the same to objects with fields that these types do not know.

// KeptPullSecretModes is the value of the annotation [KeptPullSecretModesKey]: the pull secrets of each image that has one with a mode.
// They are found again by namespace and name, in their order, so that a secret that somebody has added in between gets no mode.
//
// +kubebuilder:object:generate=false
type KeptPullSecretModes map[string][]v1beta1.ReferenceObject

// ReadKeptPullSecretModes reads the value of the annotation. One that somebody has broken counts as none.
func ReadKeptPullSecretModes(text string) KeptPullSecretModes {
	var kept KeptPullSecretModes
	if err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &kept); err != nil {
		return nil
	}
	return kept
}

// Take returns the mode of the next pull secret of an image with this namespace and name, and forgets it.
func (k KeptPullSecretModes) Take(image, namespace, name string) (mode string) {
	i := slices.IndexFunc(k[image], func(secret v1beta1.ReferenceObject) bool {
		return secret.Namespace == namespace && secret.Name == name
	})
	if i < 0 {
		return ""
	}
	mode = k[image][i].Mode
	k[image] = slices.Delete(k[image], i, i+1)
	return mode
}

// Keep remembers the pull secrets of an image if any of them has a mode.
func (k KeptPullSecretModes) Keep(image string, secrets []v1beta1.ReferenceObject) {
	if slices.ContainsFunc(secrets, func(secret v1beta1.ReferenceObject) bool { return secret.Mode != "" }) {
		k[image] = secrets
	}
}

// String returns the value of the annotation, and nothing if there is nothing to keep.
func (k KeptPullSecretModes) String() string {
	if len(k) == 0 {
		return ""
	}
	text, _ := json.Marshal(k) // strings always have a JSON form
	return string(text)
}

// ConvertTo makes hub what n is in v1beta1. The two share nothing afterwards. It never fails.
func (n *NodeImage) ConvertTo(hub *v1beta1.NodeImage) error {
	n = n.DeepCopy()
	*hub = v1beta1.NodeImage{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "NodeImage"},
		ObjectMeta: n.ObjectMeta,
		Status:     n.Status,
	}
	kept := ReadKeptPullSecretModes(n.Annotations[KeptPullSecretModesKey])
	remove(&hub.Annotations, KeptPullSecretModesKey)
	if n.Spec.Images != nil {
		hub.Spec.Images = make(map[string]v1beta1.ImageSpec, len(n.Spec.Images))
	}
	for name, image := range n.Spec.Images {
		converted := v1beta1.ImageSpec{Tags: image.Tags, SandboxConfig: image.SandboxConfig}
		for _, secret := range image.PullSecrets {
			converted.PullSecrets = append(converted.PullSecrets, v1beta1.ReferenceObject{
				Namespace: secret.Namespace, Name: secret.Name, Mode: kept.Take(name, secret.Namespace, secret.Name),
			})
		}
		hub.Spec.Images[name] = converted
	}
	return nil
}

// ConvertFrom makes n what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (n *NodeImage) ConvertFrom(hub *v1beta1.NodeImage) error {
	hub = hub.DeepCopy()
	*n = NodeImage{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "NodeImage"},
		ObjectMeta: hub.ObjectMeta,
		Status:     hub.Status,
	}
	kept := KeptPullSecretModes{}
	if hub.Spec.Images != nil {
		n.Spec.Images = make(map[string]ImageSpec, len(hub.Spec.Images))
	}
	for name, image := range hub.Spec.Images {
		converted := ImageSpec{Tags: image.Tags, SandboxConfig: image.SandboxConfig}
		for _, secret := range image.PullSecrets {
			converted.PullSecrets = append(converted.PullSecrets, ReferenceObject{Namespace: secret.Namespace, Name: secret.Name})
		}
		kept.Keep(name, image.PullSecrets)
		n.Spec.Images[name] = converted
	}
	remove(&n.Annotations, KeptPullSecretModesKey)
	if text := kept.String(); text != "" {
		put(&n.Annotations, KeptPullSecretModesKey, text)
	}
	return nil
}
