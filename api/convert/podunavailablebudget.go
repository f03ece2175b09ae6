package convert

import (
	"encoding/json"

	"github.com/kruise-admission/kruise-admission/api/policy/v1alpha1"
	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
)

// PodUnavailableBudget: v1beta1 has fields for what v1alpha1 says in two annotations, and one more that is kept in an annotation of our
// own (spec/validate-podunavailablebudget.md (b)).

func podUnavailableBudgetUp(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	for _, name := range []string{"protectOperations", "protectTotalReplicas", "ignoredPodSelector"} {
		spec.delete(name) // v1alpha1 does not know them
	}
	text, err := annotations.text(v1beta1.ProtectOperationsAnnotation)
	if err != nil {
		return err
	}
	operations, stays := v1alpha1.OperationsUp(text)
	if len(operations) > 0 {
		spec.set("protectOperations", operations)
	}
	if !stays {
		annotations.delete(v1beta1.ProtectOperationsAnnotation)
	}
	if text, err = annotations.text(v1beta1.ProtectTotalReplicasAnnotation); err != nil {
		return err
	}
	if total, err := v1beta1.ParseTotalReplicas(text); err == nil {
		spec.set("protectTotalReplicas", total)
		annotations.delete(v1beta1.ProtectTotalReplicasAnnotation)
	}
	if text, err = annotations.text(v1alpha1.KeptIgnoredPodSelectorKey); err != nil {
		return err
	}
	if _, ok := v1alpha1.ReadKeptIgnoredPodSelector(text); ok {
		spec.set("ignoredPodSelector", json.RawMessage(text))
	}
	annotations.delete(v1alpha1.KeptIgnoredPodSelectorKey)
	return nil
}

func podUnavailableBudgetDown(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	var operations []v1beta1.PubOperation
	if err := spec.read("protectOperations", &operations, "a list of strings"); err != nil {
		return err
	}
	spec.delete("protectOperations")
	before, err := annotations.text(v1beta1.ProtectOperationsAnnotation)
	if err != nil {
		return err
	}
	if now := v1alpha1.OperationsDown(operations, before); now != before {
		annotations.set(v1beta1.ProtectOperationsAnnotation, now)
	}
	if err := totalReplicasDown(annotations, spec); err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptIgnoredPodSelectorKey)
	if spec.has("ignoredPodSelector") {
		annotations.set(v1alpha1.KeptIgnoredPodSelectorKey, string(spec.members["ignoredPodSelector"]))
	}
	spec.delete("ignoredPodSelector")
	return nil
}

func totalReplicasDown(annotations, spec *object) error {
	var total *int32
	if err := spec.read("protectTotalReplicas", &total, "a whole number of at most 32 bits"); err != nil {
		return err
	}
	spec.delete("protectTotalReplicas")
	text, err := annotations.text(v1beta1.ProtectTotalReplicasAnnotation)
	if err != nil {
		return err
	}
	if total != nil {
		annotations.set(v1beta1.ProtectTotalReplicasAnnotation, v1beta1.FormatTotalReplicas(*total))
	} else if _, err := v1beta1.ParseTotalReplicas(text); err == nil {
		annotations.delete(v1beta1.ProtectTotalReplicasAnnotation)
	}
	return nil
}
