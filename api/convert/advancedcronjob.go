package convert

import (
	"encoding/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

// AdvancedCronJob: only v1beta1 has templates for pulling images, which v1alpha1 keeps in an annotation (spec/server.md 12.2).

func advancedCronJobUp(root *object) error {
	annotations, _, template, err := openCronJobTemplate(root)
	if err != nil {
		return err
	}
	text, err := annotations.text(v1alpha1.KeptImageListPullJobTemplateKey)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptImageListPullJobTemplateKey)
	template.delete("imageListPullJobTemplate")
	if _, ok := v1alpha1.ReadKeptImageListPullJobTemplate(text); ok {
		template.set("imageListPullJobTemplate", json.RawMessage(text))
	}
	return nil
}

func advancedCronJobDown(root *object) error {
	annotations, spec, template, err := openCronJobTemplate(root)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptImageListPullJobTemplateKey)
	if template.has("imageListPullJobTemplate") {
		annotations.set(v1alpha1.KeptImageListPullJobTemplateKey, string(template.members["imageListPullJobTemplate"]))
	}
	template.delete("imageListPullJobTemplate")
	if template.had && len(template.members) == 0 {
		// The schema requires a template, so it must not disappear with its only member.
		spec.delete("template")
		spec.set("template", struct{}{})
	}
	return nil
}

func openCronJobTemplate(root *object) (annotations, spec, template *object, err error) {
	if _, annotations, spec, err = open(root); err != nil {
		return nil, nil, nil, err
	}
	template, err = spec.child("template")
	return annotations, spec, template, err
}
