package podsteps

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject"
)

// edit collects the operations of one step on the spec, all against one state of it. No two of its calls may change the same member, or create
// the same parent.
type edit struct {
	draft      *draft
	spec       json.RawMessage
	operations []decision.Operation
}

// edit begins to change the spec as it is now.
func (d *draft) edit() (*edit, error) {
	if err := d.apply(); err != nil {
		return nil, err
	}
	return d.editAside(), nil
}

// editAside begins to change members of the spec at which no pending operation is. The pod must have a spec.
func (d *draft) editAside() *edit { return &edit{draft: d, spec: d.read.Spec()} }

// done gives the operations to the draft.
func (e *edit) done() { e.draft.add(e.operations) }

// append appends to a list, and writes it when it is missing, with the objects above it that are.
func (e *edit) append(values []json.RawMessage, path ...string) error {
	depth, found, err := e.find(path)
	if err != nil {
		return err
	}
	if depth < len(path) {
		e.write(encode(values), path, depth)
		return nil
	}
	if _, err := elements(found, path); err != nil {
		return err
	}
	for _, value := range values {
		e.operations = append(e.operations, decision.Add(decision.Pointer(append(slices.Clone(path), "-")...), value))
	}
	return nil
}

// merge writes members of an object of strings, apart from those that are so already.
func (e *edit) merge(values map[string]string, path ...string) error {
	depth, found, err := e.find(path)
	if err != nil {
		return err
	}
	var present map[string]string
	if depth == len(path) {
		if err := decode(found, path, &present); err != nil {
			return err
		}
	}
	changed := map[string]string{}
	for key, value := range values {
		if known, ok := present[key]; !ok || known != value {
			changed[key] = value
		}
	}
	switch {
	case len(changed) == 0:
	case depth < len(path):
		e.write(encode(changed), path, depth)
	default:
		for _, key := range slices.Sorted(maps.Keys(changed)) {
			e.operations = append(e.operations, decision.Add(decision.Pointer(append(slices.Clone(path), key)...), encode(changed[key])))
		}
	}
	return nil
}

// write adds value at path, of which the first depth members exist.
func (e *edit) write(value json.RawMessage, path []string, depth int) {
	for _, member := range slices.Backward(path[depth+1:]) {
		value = encode(map[string]json.RawMessage{member: value})
	}
	e.operations = append(e.operations, decision.Add(decision.Pointer(path[:depth+1]...), value))
}

// find follows path, which begins with spec, as far as it exists, and returns how far that is; at the end, the value there. Null is missing.
func (e *edit) find(path []string) (depth int, found json.RawMessage, err error) {
	found = e.spec
	for depth = 1; depth < len(path) && !absent(found); depth++ {
		if found, err = member(found, path[:depth+1]); err != nil {
			return 0, nil, err
		}
	}
	if absent(found) {
		return depth - 1, nil, nil
	}
	return depth, found, nil
}

// member gives the last member of path of an object; nil when it is missing.
func member(object json.RawMessage, path []string) (found json.RawMessage, err error) {
	name := path[len(path)-1]
	s := rawjson.New(object)
	for candidate := range s.Members() {
		if string(candidate) == name {
			found = s.Value()
		}
	}
	if s.Done() {
		return found, nil
	}
	var members map[string]json.RawMessage
	err = decode(object, path[:len(path)-1], &members)
	return members[name], err
}

// elements cuts a list into its elements. Path is for its error.
func elements(list json.RawMessage, path []string) (cut []json.RawMessage, err error) {
	if absent(list) {
		return nil, nil
	}
	err = decode(list, path, &cut)
	return cut, err
}

// decode reads a part of the pod as the API server does; what it cannot read refuses the pod.
func decode(raw json.RawMessage, path []string, into any) error {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
		return inject.Malformed(fieldPath(path), err)
	}
	return nil
}

// fieldPath writes a path as people do: spec.containers[0].env.
func fieldPath(path []string) string {
	var b strings.Builder
	for i, member := range path {
		if _, err := strconv.Atoi(member); err == nil {
			fmt.Fprintf(&b, "[%s]", member)
			continue
		}
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(member)
	}
	return b.String()
}

// absent says whether a member is missing or null, which mean the same to the API server.
func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}

// encode encodes strings, raw values and what is made of them; that cannot fail.
func encode(value any) json.RawMessage {
	raw, _ := json.Marshal(value)
	return raw
}
