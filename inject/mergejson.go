package inject

import (
	"encoding/json"
	"errors"
)

// mergeJSON applies an RFC 7386 merge patch to a document as OpenKruise does it (spec/inject.md 6.3). Values that the merge does not
// touch keep their spelling, so numbers are not rounded; objects that it touches have their keys sorted. Deviating from the RFC,
// a document or patch that is null is an error, as is a patch that is a scalar, and an array as patch loses the null
// members of the objects in it.
func mergeJSON(document, patch string) (string, error) {
	target, patched := &jsonNode{raw: json.RawMessage(document)}, &jsonNode{raw: json.RawMessage(patch)}
	if !json.Valid(target.raw) || absent(target.raw) {
		return "", errors.New("the value of the pod is not a JSON value other than null: correct or remove the annotation")
	}
	var result *jsonNode
	switch {
	case !json.Valid(patched.raw) || absent(patched.raw):
		return "", errNotMergeable
	case patched.isArray():
		patched.prune()
		result = patched
	case !patched.isObject():
		return "", errNotMergeable
	case !target.isObject():
		patched.prune()
		result = patched
	default:
		target.merge(patched)
		result = target
	}
	text, err := json.Marshal(result)
	return string(text), err
}

var errNotMergeable = errors.New("the patch is not a JSON object or array: correct spec.patchPodMetadata of the SidecarSet")

// jsonNode is a JSON value that is taken apart only where something looks into it.
type jsonNode struct {
	raw     json.RawMessage
	members map[string]*jsonNode // once it is taken apart as an object
	entries []*jsonNode          // once it is taken apart as an array
}

// MarshalJSON implements json.Marshaler.
func (n *jsonNode) MarshalJSON() ([]byte, error) {
	switch {
	case n.members != nil:
		return json.Marshal(n.members)
	case n.entries != nil:
		return json.Marshal(n.entries)
	default:
		return n.raw, nil
	}
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *jsonNode) UnmarshalJSON(raw []byte) error {
	n.raw = append(json.RawMessage(nil), raw...)
	return nil
}

// isObject takes the node apart if it is an object.
func (n *jsonNode) isObject() bool {
	if n.members == nil && n.entries == nil && !absent(n.raw) && json.Unmarshal(n.raw, &n.members) != nil {
		n.members = nil
	}
	return n.members != nil
}

// isArray takes the node apart if it is an array.
func (n *jsonNode) isArray() bool {
	if n.members == nil && n.entries == nil && !absent(n.raw) && json.Unmarshal(n.raw, &n.entries) != nil {
		n.entries = nil
	}
	return n.entries != nil
}

// merge applies the members of patch, which is an object like n.
func (n *jsonNode) merge(patch *jsonNode) {
	for name, value := range patch.members {
		present := n.members[name]
		switch {
		case value == nil:
			delete(n.members, name)
		case present != nil && present.isObject() && value.isObject():
			present.merge(value)
		default:
			value.prune()
			n.members[name] = value
		}
	}
}

// prune drops null members of objects, at any depth. Nulls in arrays stay.
func (n *jsonNode) prune() {
	switch {
	case n.isObject():
		for name, value := range n.members {
			if value == nil {
				delete(n.members, name)
			} else {
				value.prune()
			}
		}
	case n.isArray():
		for _, value := range n.entries {
			if value != nil {
				value.prune()
			}
		}
	}
}
