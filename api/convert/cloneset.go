package convert

import (
	"encoding/json"
	"fmt"
	"strings"

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
	strategy, err := spec.child("updateStrategy")
	if err != nil {
		return err
	}
	rolling, err := strategy.child("rollingUpdate")
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
	strategy, err := spec.child("updateStrategy")
	if err != nil {
		return err
	}
	rolling, err := strategy.child("rollingUpdate")
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

var preDownloads = map[string]string{
	v1alpha1.ImagePreDownloadParallelismKey:         "imagePreDownloadParallelism",
	v1alpha1.ImagePreDownloadTimeoutSecondsKey:      "imagePreDownloadTimeoutSeconds",
	v1alpha1.ImagePreDownloadMinUpdatedReadyPodsKey: "imagePreDownloadMinUpdatedReadyPods",
}

// preDownloadFromAnnotations moves annotations to fields. A field that is there wins; see v1alpha1.
func preDownloadFromAnnotations(annotations, strategy *object) error {
	inPlace, err := strategy.child("inPlaceUpdateStrategy")
	if err != nil {
		return err
	}
	for annotation, field := range preDownloads {
		text, err := annotations.text(annotation)
		if err != nil {
			return err
		}
		number, isAnnotated := v1alpha1.PreDownloadNumber(text)
		isNumber := isAnnotated
		if value := scalar(inPlace.members[field]); value != "" {
			number, isNumber = v1alpha1.PreDownloadNumber(value)
		}
		if isAnnotated || isNumber {
			annotations.delete(annotation)
		}
		if isNumber {
			inPlace.set(field, number)
		}
	}
	return nil
}

// preDownloadToAnnotations moves fields to annotations. The fields decide; see v1alpha1.
func preDownloadToAnnotations(strategy, annotations *object) error {
	inPlace, err := strategy.child("inPlaceUpdateStrategy")
	if err != nil {
		return err
	}
	for annotation, field := range preDownloads {
		text, err := annotations.text(annotation)
		if err != nil {
			return err
		}
		if _, ok := v1alpha1.PreDownloadNumber(text); ok {
			annotations.delete(annotation)
		}
		value := scalar(inPlace.members[field])
		if _, ok := v1alpha1.PreDownloadNumber(value); ok {
			annotations.set(annotation, value)
			inPlace.delete(field)
		}
	}
	return nil
}

// scalar returns a number or a string as text, and nothing for everything else.
func scalar(raw json.RawMessage) string {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return ""
	}
	switch value := value.(type) {
	case json.Number, string:
		return fmt.Sprint(value)
	default:
		return ""
	}
}
