package convert

import (
	"encoding/json"
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/apps/v1alpha1"
)

// StatefulSet: v1beta1 has more. What a user has written there is kept in an annotation; what the controller has written in the status
// is not, because it writes it again (spec/server.md 12.2).

var (
	statefulSetSpecOnlyInV1beta1 = []string{"lifecycle", "ordinals", "persistentVolumeClaimRetentionPolicy",
		"reserveOrdinals", "scaleStrategy", "volumeClaimUpdateStrategy"}
	statefulSetStatusOnlyInV1beta1 = []string{"updatedReadyReplicas", "updatedAvailableReplicas", "volumeClaims"}
)

func statefulSetUp(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	text, err := annotations.text(v1alpha1.KeptStatefulSetSpecKey)
	if err != nil {
		return err
	}
	annotations.delete(v1alpha1.KeptStatefulSetSpecKey)
	kept := &object{}
	if _, ok := v1alpha1.ReadKeptStatefulSetSpec(text); ok {
		if err := json.Unmarshal([]byte(text), &kept.members); err != nil {
			return fmt.Errorf("annotation %s: %w", v1alpha1.KeptStatefulSetSpecKey, err)
		}
	}
	for _, name := range statefulSetSpecOnlyInV1beta1 {
		spec.delete(name)
		kept.move(name, spec)
	}
	return nil
}

func statefulSetDown(root *object) error {
	_, annotations, spec, err := open(root)
	if err != nil {
		return err
	}
	status, err := root.child("status")
	if err != nil {
		return err
	}
	if isEmptyObject(spec.members["volumeClaimUpdateStrategy"]) {
		spec.delete("volumeClaimUpdateStrategy") // OpenKruise's encoder writes it into every object
	}
	kept := &object{}
	for _, name := range statefulSetSpecOnlyInV1beta1 {
		spec.move(name, kept)
	}
	for _, name := range statefulSetStatusOnlyInV1beta1 {
		status.delete(name)
	}
	annotations.delete(v1alpha1.KeptStatefulSetSpecKey)
	if len(kept.members) == 0 {
		return nil
	}
	text, err := kept.encode()
	if err != nil {
		return err
	}
	annotations.set(v1alpha1.KeptStatefulSetSpecKey, string(text))
	return nil
}

func isEmptyObject(raw json.RawMessage) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(raw, &members) == nil && len(members) == 0
}
