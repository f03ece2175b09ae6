package inject

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/kruise-admission/kruise-admission/decision"
)

// element is one entry of a list after injection.
type element struct {
	from  int             // its index in the posted list; negative when it is new
	value json.RawMessage // its new value; nil when it stays as it was
}

// decidedList is a list of the pod after injection. Elements that come from the posted list keep their order.
type decidedList struct {
	path     string // JSON pointer
	posted   *rawList
	elements []element
}

// decided is the pod after injection, as far as it may differ from the posted one.
type decided struct {
	metadata    bool // whether the posted pod has metadata
	spec        bool // whether the posted pod has a spec
	annotations *annotations
	lists       []decidedList
}

// patch gives the operations that lead from the posted pod to the decided one.
func (d *decided) patch() []decision.Operation {
	operations := d.patchAnnotations()
	missingSpec := !d.spec
	for _, list := range d.lists {
		changes := list.patch()
		if len(changes) > 0 && missingSpec {
			operations = append(operations, decision.Add("/spec", json.RawMessage("{}")))
			missingSpec = false
		}
		operations = append(operations, changes...)
	}
	return operations
}

// patchAnnotations changes one annotation after the other, so that it never touches those that others write meanwhile.
func (d *decided) patchAnnotations() []decision.Operation {
	keys := d.annotations.changes()
	if len(keys) == 0 {
		return nil
	}
	var operations []decision.Operation
	if !d.metadata {
		operations = append(operations, decision.Add("/metadata", json.RawMessage("{}")))
	}
	if d.annotations.before == nil {
		operations = append(operations, decision.Add("/metadata/annotations", encodeStrings(d.annotations.changed)))
		return operations
	}
	for _, key := range keys {
		operations = append(operations,
			decision.Add(decision.Pointer("metadata", "annotations", key), encodeString(d.annotations.changed[key])))
	}
	return operations
}

// mostRemovals is how many elements are removed one by one: for each, the API server copies the list.
const mostRemovals = 100

// patch replaces and removes at the posted positions first, then inserts from front to back: when an element is inserted, all
// that precede it are in place, so its index in the result is its index in the patch.
func (l *decidedList) patch() []decision.Operation {
	var operations []decision.Operation
	var added []json.RawMessage
	kept := make([]bool, len(l.posted.elements))
	for _, e := range l.elements {
		switch {
		case e.from < 0:
			added = append(added, e.value)
		case e.value != nil:
			operations = append(operations, decision.Replace(l.path+"/"+strconv.Itoa(e.from), e.value))
			fallthrough
		default:
			kept[e.from] = true
		}
	}
	if !l.posted.present {
		if len(added) == 0 {
			return nil
		}
		return []decision.Operation{decision.Add(l.path, joinRaw(added))}
	}
	if removed := len(kept) + len(added) - len(l.elements); removed > mostRemovals {
		return []decision.Operation{decision.Replace(l.path, joinRaw(l.values()))}
	}
	for i := range slices.Backward(kept) {
		if !kept[i] {
			operations = append(operations, decision.Remove(l.path+"/"+strconv.Itoa(i)))
		}
	}
	for i, e := range l.elements {
		if e.from < 0 {
			operations = append(operations, decision.Add(l.path+"/"+strconv.Itoa(i), e.value))
		}
	}
	return operations
}

// values are the elements as they are after injection.
func (l *decidedList) values() []json.RawMessage {
	values := make([]json.RawMessage, len(l.elements))
	for i, e := range l.elements {
		if values[i] = e.value; e.value == nil {
			values[i] = l.posted.elements[e.from]
		}
	}
	return values
}

// unchanged are the elements of a list of n that stay as they are.
func unchanged(n int) []element {
	elements := make([]element, n)
	for i := range elements {
		elements[i].from = i
	}
	return elements
}

func joinRaw(values []json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, value := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(value)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// encodeString encodes a string; that cannot fail.
func encodeString(s string) json.RawMessage {
	raw, _ := json.Marshal(s)
	return raw
}

// encodeStrings encodes a map of strings, keys sorted; that cannot fail.
func encodeStrings(m map[string]string) json.RawMessage {
	raw, _ := json.Marshal(m)
	return raw
}
