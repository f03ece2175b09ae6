package convert

import (
	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// NodeImage: in v1beta1 a pull secret has a mode (spec/server.md 12.2).

func nodeImageUp(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	text, err := annotations.text(v1alpha1.KeptPullSecretModesKey)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptPullSecretModesKey)
	kept := v1alpha1.ReadKeptPullSecretModes(text)
	return eachPullSecret(spec, func(image string, secret *object, found *v1beta1.ReferenceObject) {
		secret.delete("mode")
		if mode := kept.Take(image, found.Namespace, found.Name); mode != "" {
			secret.set("mode", mode)
		}
	})
}

func nodeImageDown(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	secrets := map[string][]v1beta1.ReferenceObject{}
	if err := eachPullSecret(spec, func(image string, secret *object, found *v1beta1.ReferenceObject) {
		secret.delete("mode")
		secrets[image] = append(secrets[image], *found)
	}); err != nil {
		return err
	}
	kept := v1alpha1.KeptPullSecretModes{}
	for image := range secrets {
		kept.Keep(image, secrets[image])
	}
	annotations.delete(v1alpha1.KeptPullSecretModesKey)
	if text := kept.String(); text != "" {
		annotations.set(v1alpha1.KeptPullSecretModesKey, text)
	}
	return nil
}

// eachPullSecret visits the pull secrets of all images.
func eachPullSecret(spec *object, visit func(image string, secret *object, found *v1beta1.ReferenceObject)) error {
	images, err := spec.child("images")
	if err != nil {
		return err
	}
	for name := range images.members {
		image, err := images.child(name)
		if err != nil {
			return err
		}
		if err := image.each("pullSecrets", func(secret *object) error {
			found := &v1beta1.ReferenceObject{}
			var err error
			for _, member := range []struct {
				name string
				into *string
			}{{"namespace", &found.Namespace}, {"name", &found.Name}, {"mode", &found.Mode}} {
				if *member.into, err = secret.text(member.name); err != nil {
					return err
				}
			}
			visit(name, secret, found)
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
