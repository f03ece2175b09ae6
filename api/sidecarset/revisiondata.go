package sidecarset

import (
	"bytes"
	"encoding/json"
	"fmt"

	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// recordedFields are the fields of a SidecarSet's spec that its ControllerRevisions record (spec/inject.md 3.2). What is not
// here, such as the selector, is the same for every revision: that of the live SidecarSet.
var recordedFields = []string{"containers", "imagePullSecrets", "initContainers", "patchPodMetadata", "volumes"}

// RevisionData returns the data of the ControllerRevision that records a SidecarSet. stored is its JSON in v1beta1, as a view
// gives it out.
//
// The bytes are those of OpenKruise, because they make the revision's name: members sorted, no spaces, what the types always
// write is there, and what they omit is not. Fields that the types do not know are kept, though, where OpenKruise loses
// them: pods of a pinned revision would otherwise miss them.
func RevisionData(spec *v1beta1.SidecarSetSpec, stored []byte) ([]byte, error) {
	encoded, err := json.Marshal(spec)
	if err != nil {
		return nil, fmt.Errorf("encode the spec: %w", err)
	}
	typed, err := members(encoded)
	if err != nil {
		return nil, fmt.Errorf("encode the spec: %w", err)
	}
	var object struct {
		Spec json.RawMessage `json:"spec"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(stored, &object); err != nil {
		return nil, fmt.Errorf("read the stored SidecarSet: %w", err)
	}
	known, err := members(object.Spec)
	if err != nil {
		return nil, fmt.Errorf("read the stored spec: %w", err)
	}
	recorded := map[string]any{"$patch": "replace"}
	for _, field := range recordedFields {
		recorded[field] = nil
		if value, ok := typed[field]; ok {
			recorded[field] = withUnknown(value, known[field])
		}
	}
	nullCreationTimes(recorded["volumes"])
	return json.Marshal(map[string]any{"spec": recorded})
}

// members reads an object; nothing is an object without members. Numbers keep their digits.
func members(raw []byte) (map[string]any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	err := decoder.Decode(&object)
	return object, err
}

// withUnknown adds to a value encoded from its type what the stored value has besides. Members that the type knows but omits are
// always zero; so a zero member stays out, and any other is one that the type does not know.
func withUnknown(typed, stored any) any {
	switch typed := typed.(type) {
	case map[string]any:
		from, _ := stored.(map[string]any)
		for key, value := range from {
			if known, ok := typed[key]; ok {
				typed[key] = withUnknown(known, value)
			} else if !isZero(value) {
				typed[key] = value
			}
		}
	case []any:
		from, _ := stored.([]any)
		if len(from) == len(typed) {
			for i := range typed {
				typed[i] = withUnknown(typed[i], from[i])
			}
		}
	}
	return typed
}

// isZero says whether a type that knows a member may omit this value of it.
func isZero(value any) bool {
	switch value := value.(type) {
	case nil:
		return true
	case bool:
		return !value
	case string:
		return value == ""
	case json.Number:
		return value == "0"
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	}
	return false
}

// nullCreationTimes writes metadata of claim templates as the types up to Kubernetes 1.33 did, with which OpenKruise is
// built: with a creationTimestamp of null. Later ones leave it out, and the revision would get another name.
func nullCreationTimes(volumes any) {
	list, _ := volumes.([]any)
	for _, volume := range list {
		metadata := member(member(member(volume, "ephemeral"), "volumeClaimTemplate"), "metadata")
		if metadata, ok := metadata.(map[string]any); ok && metadata["creationTimestamp"] == nil {
			metadata["creationTimestamp"] = nil
		}
	}
}

// member returns a member of an object, and nil of anything else.
func member(value any, name string) any {
	object, _ := value.(map[string]any)
	return object[name]
}
