package convert

import (
	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// CloneSet: v1beta1 nests the update strategy, reuses claims only when told to, and has fields for what v1alpha1 says in a label and
// three annotations (spec/server.md 12.2).

const (
	rollingUpdate = string(v1beta1.RollingUpdateCloneSetUpdateStrategyType)
	onDelete      = string(v1beta1.OnDeleteCloneSetUpdateStrategyType)
	reCreate      = string(v1beta1.RecreatePodUpdateStrategyType)
)

func cloneSetUp(root *object) error {
	labels, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	strategy, rolling, err := openUpdateStrategy(spec)
	if err != nil {
		return err
	}
	policy, err := strategy.text("type")
	if err != nil {
		return err
	}
	kept, err := annotations.text(v1alpha1.KeptPodUpdatePolicyKey)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptPodUpdatePolicyKey)
	for name := range strategy.members {
		if name != "type" && name != "rollingUpdate" {
			strategy.move(name, rolling)
		}
	}
	switch policy {
	case onDelete:
		if kept != "" {
			rolling.set("podUpdatePolicy", kept)
		}
	case "":
		strategy.set("type", rollingUpdate)
		rolling.set("podUpdatePolicy", reCreate)
	default:
		strategy.set("type", rollingUpdate)
		rolling.set("podUpdatePolicy", policy)
	}
	if err := preDownloadFromAnnotations(annotations, rolling); err != nil {
		return err
	}
	return cloneSetScaleUp(labels, spec)
}

// cloneSetScaleUp translates the scale strategy.
func cloneSetScaleUp(labels, spec *object) error {
	scale, err := spec.child("scaleStrategy")
	if err != nil {
		return err
	}
	if err := invert(scale, "disablePVCReuse", "enablePVCReuse"); err != nil {
		return err
	}
	exclude, err := labels.text(v1alpha1.CloneSetScalingExcludePreparingDeleteKey)
	if err != nil {
		return err
	}
	scale.delete("excludePreparingDelete")
	if exclude == "true" {
		scale.set("excludePreparingDelete", true)
	}
	return nil
}

func cloneSetDown(root *object) error {
	labels, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	strategy, rolling, err := openUpdateStrategy(spec)
	if err != nil {
		return err
	}
	policy, err := rolling.text("podUpdatePolicy")
	if err != nil {
		return err
	}
	kind, err := strategy.text("type")
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptPodUpdatePolicyKey)
	switch {
	case kind != "" && kind != rollingUpdate:
		if kind == onDelete && policy != "" {
			annotations.set(v1alpha1.KeptPodUpdatePolicyKey, policy)
		}
	case policy == "":
		strategy.set("type", reCreate)
	default:
		strategy.set("type", policy)
	}
	for name := range rolling.members {
		if name != "podUpdatePolicy" && name != "type" {
			rolling.move(name, strategy)
		}
	}
	strategy.delete("rollingUpdate")
	if err := preDownloadToAnnotations(strategy, annotations); err != nil {
		return err
	}
	return cloneSetScaleDown(labels, spec)
}

// cloneSetScaleDown translates the scale strategy.
func cloneSetScaleDown(labels, spec *object) error {
	scale, err := spec.child("scaleStrategy")
	if err != nil {
		return err
	}
	if err := invert(scale, "enablePVCReuse", "disablePVCReuse"); err != nil {
		return err
	}
	exclude, err := scale.flag("excludePreparingDelete")
	if err != nil {
		return err
	}
	scale.delete("excludePreparingDelete")
	label, err := labels.text(v1alpha1.CloneSetScalingExcludePreparingDeleteKey)
	if err != nil {
		return err
	}
	if exclude {
		labels.set(v1alpha1.CloneSetScalingExcludePreparingDeleteKey, "true")
	} else if label == "true" {
		labels.delete(v1alpha1.CloneSetScalingExcludePreparingDeleteKey)
	}
	return nil
}

// invert replaces a boolean by another one that says the opposite. False is the default of both and not written.
func invert(o *object, from, to string) error {
	flag, err := o.flag(from)
	if err != nil {
		return err
	}
	o.delete(from)
	o.delete(to)
	if !flag {
		o.set(to, true)
	}
	return nil
}
