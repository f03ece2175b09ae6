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

// defaults are what the API server writes into containers and volumes that leave the member out. A nil value stands for any.
var defaults = map[string]any{
	"apiVersion": "v1", "defaultMode": json.Number("420"), "divisor": "0", "expirationSeconds": json.Number("3600"),
	"failureThreshold": json.Number("3"), "imagePullPolicy": nil, "path": "/", "periodSeconds": json.Number("10"), "protocol": "TCP",
	"scheme": "HTTP", "service": "", "successThreshold": json.Number("1"), "terminationMessagePath": "/dev/termination-log",
	"terminationMessagePolicy": "File", "timeoutSeconds": json.Number("1"), "type": "",
}

// same says whether have is want, apart from members that the API server defaulted in have. It is strict otherwise: somebody else may
// have written have, in order to look like want.
func same(have, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		members, ok := have.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range want {
			if known, ok := members[key]; (ok || !isEmpty(value)) && !same(known, value) {
				return false
			}
		}
		for key, value := range members {
			if _, wanted := want[key]; !wanted && !isEmpty(value) && !isDefault(key, value) {
				return false
			}
		}
		return true
	case []any:
		elements, ok := have.([]any)
		return ok && slices.EqualFunc(elements, want, same)
	default:
		return have == want
	}
}

func isDefault(key string, value any) bool {
	wanted, ok := defaults[key]
	return ok && (wanted == nil || wanted == value)
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

// outOfProportion says of encoded values that they are surely not the same: one is many times longer, where an escape is six times as long as what
// it stands for, and defaults take some room. Of the megabytes that the author of a pod may write, no tree is made to find that out.
func outOfProportion(a, b json.RawMessage) bool {
	const times, defaults = 8, 4096
	return len(a) > times*len(b)+defaults || len(b) > times*len(a)+defaults
}

// rawSame is same for encoded values.
func rawSame(have, want json.RawMessage) bool {
	if bytes.Equal(have, want) {
		return true
	}
	if outOfProportion(have, want) {
		return false
	}
	haveTree, haveErr := parseTree(have)
	wantTree, wantErr := parseTree(want)
	return haveErr == nil && wantErr == nil && same(haveTree, wantTree)
}
