package inject

import (
	"bytes"
	"encoding/json"
	"slices"

	kjson "sigs.k8s.io/json"
)

// decode reads JSON as the API server does: member names are case-sensitive.
func decode(raw []byte, into any) error {
	return kjson.UnmarshalCaseSensitivePreserveInts(raw, into)
}

// absent says whether a member is missing or null, which mean the same to the API server.
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// parseTree reads any JSON value; numbers keep their digits.
func parseTree(raw []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}

// treeOf turns a typed value into the tree of its JSON.
func treeOf(value any) (any, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return parseTree(raw)
}

// canonical gives a stored value the form that its Go type gives it, and keeps the members that the type does not know: quantities
// are spelled canonically, and members that the type always writes are there. OpenKruise injects what its types re-encode,
// so this is what it injects, plus the fields that it loses.
func canonical(stored, typed any) any {
	switch typed := typed.(type) {
	case map[string]any:
		members, ok := stored.(map[string]any)
		if !ok {
			return typed
		}
		for key, value := range typed {
			if known, ok := members[key]; ok {
				value = canonical(known, value)
			}
			members[key] = value
		}
		return members
	case []any:
		elements, ok := stored.([]any)
		if !ok || len(elements) != len(typed) {
			return typed
		}
		for i := range typed {
			elements[i] = canonical(elements[i], typed[i])
		}
		return elements
	default:
		return typed
	}
}

// growing are the lists of a container in which others may add entries after injection: the API server's ServiceAccount plugin
// adds a mount, other webhooks add variables.
var growing = []string{"env", "volumeMounts", "volumeDevices"}

// covers says whether everything in want is in have, which may hold more: members that the API server defaulted, and entries
// in the growing lists.
func covers(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		members, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range want {
			known, ok := members[key]
			switch {
			case !ok && !isEmpty(value):
				return false
			case ok && slices.Contains(growing, key) && !coversInOrder(known, value):
				return false
			case ok && !slices.Contains(growing, key) && !covers(known, value):
				return false
			}
		}
		return true
	case []any:
		elements, ok := have.([]any)
		return ok && len(elements) == len(want) && coversInOrder(have, want)
	default:
		return have == want
	}
}

// coversInOrder says whether the elements of want are covered by elements of have in the same order.
func coversInOrder(have, want any) bool {
	elements, ok := have.([]any)
	wanted, wantList := want.([]any)
	if !ok || !wantList {
		return false
	}
	for _, element := range elements {
		if len(wanted) > 0 && covers(element, wanted[0]) {
			wanted = wanted[1:]
		}
	}
	return len(wanted) == 0
}

func isEmpty(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		return len(value) == 0
	case []any:
		return len(value) == 0
	default:
		return value == nil
	}
}

// rawCovers is covers for encoded values.
func rawCovers(have, want json.RawMessage) bool {
	haveTree, haveErr := parseTree(have)
	wantTree, wantErr := parseTree(want)
	return haveErr == nil && wantErr == nil && covers(haveTree, wantTree)
}

// rawEqual says whether two encoded values mean the same.
func rawEqual(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return rawCovers(a, b) && rawCovers(b, a)
}
