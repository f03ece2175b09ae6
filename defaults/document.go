package defaults

// The raw object of a request while defaults are written into it. Reads see what has been written; every write outside
// of what the defaults themselves created becomes one operation of the patch.

import (
	"encoding/json"
	"fmt"
	"strconv"

	sigsjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

// document is a JSON object and the writes that were made to it.
type document struct {
	*object
	edits []edit
	// created holds the pointers of the objects that a write put in place, or elsewhere.
	created map[string]bool
}

// edit is one write into the object as it was sent. Its value is read when the patch is made, so that what was written
// below it later is part of it.
type edit struct {
	pointer string
	existed bool
	value   func() any
}

// object is a JSON object inside a document, or the place where one may appear: an absent or null member reads as an
// empty object and comes into being with the first write below it. What is neither object nor null is never written to.
type object struct {
	document *document
	pointer  string
	members  map[string]any
	// create puts an empty object in place when there is none; nil when there is one, or when there can be none.
	create func()
	// isNew says that this object is itself part of a write.
	isNew bool
}

// openDocument reads a JSON object. It fails only for what is none.
func openDocument(raw []byte) (*document, error) {
	members := map[string]any{}
	if err := sigsjson.UnmarshalCaseSensitivePreserveInts(raw, &members); err != nil {
		return nil, err
	}
	d := &document{created: map[string]bool{}}
	d.object = &object{document: d, members: members}
	return d, nil
}

// patch returns the operations that make the object sent into the document.
func (d *document) patch() ([]decision.Operation, error) {
	operations := make([]decision.Operation, 0, len(d.edits))
	seen := make(map[string]bool, len(d.edits))
	for _, e := range d.edits {
		if seen[e.pointer] {
			continue // the first edit carries the final value
		}
		seen[e.pointer] = true
		value, err := json.Marshal(e.value())
		if err != nil {
			return nil, fmt.Errorf("encode the default of %s: %w", e.pointer, err)
		}
		if e.existed {
			operations = append(operations, decision.Replace(e.pointer, value))
		} else {
			operations = append(operations, decision.Add(e.pointer, value))
		}
	}
	return operations, nil
}

// decision allows a request with the defaults. kind and name say whose they are, should they have no JSON form.
func (d *document) decision(kind, name string) (decision.Decision, error) {
	patch, err := d.patch()
	if err != nil {
		return decision.Decision{}, decision.CannotTell("default %s %q: %w", kind, name, err)
	}
	return decision.AllowWithPatch(patch), nil
}

// encode returns the document with its defaults.
func (d *document) encode() ([]byte, error) { return json.Marshal(d.members) }

// object returns the object at a member.
func (o *object) object(key string) *object {
	child := &object{document: o.document, pointer: o.pointer + decision.Pointer(key), isNew: o.isNew}
	switch value := o.members[key].(type) {
	case map[string]any:
		child.members, child.isNew = value, o.isNew || o.document.created[child.pointer]
	case nil:
		child.create = func() {
			members, exists := o.members[key].(map[string]any) // another handle may have been faster
			if !exists {
				members = map[string]any{}
				o.write(key, members)
			}
			child.members, child.isNew = members, true
			o.document.created[child.pointer] = true
		}
	}
	return child
}

// objects returns the elements of a list member that are objects, or null, which reads as an empty object.
func (o *object) objects(key string) []*object {
	list, _ := o.members[key].([]any)
	elements := make([]*object, 0, len(list))
	for i := range list {
		element := &object{document: o.document, pointer: o.pointer + decision.Pointer(key, strconv.Itoa(i))}
		element.isNew = o.isNew || o.document.created[element.pointer]
		switch value := list[i].(type) {
		case map[string]any:
			element.members = value
		case nil:
			element.create = func() {
				members, exists := list[i].(map[string]any)
				if !exists {
					members = map[string]any{}
					list[i] = members
					if !element.isNew {
						o.document.edits = append(o.document.edits, edit{element.pointer, true, func() any { return list[i] }})
					}
				}
				element.members, element.isNew = members, true
				o.document.created[element.pointer] = true
			}
		default:
			continue
		}
		elements = append(elements, element)
	}
	return elements
}

// has reports whether a member is there and not null.
func (o *object) has(key string) bool { return o.members[key] != nil }

// text returns a string member, or "" when it is none.
func (o *object) text(key string) string {
	text, _ := o.members[key].(string)
	return text
}

// isZero reports whether a member has the value that a Go field without pointer has when it is not set.
func (o *object) isZero(key string) bool {
	switch value := o.members[key].(type) {
	case nil:
		return true
	case string:
		return value == ""
	case int64:
		return value == 0
	case float64:
		return value == 0
	case bool:
		return !value
	default:
		return false
	}
}

// fill writes the default of a member whose zero value means "not set".
func (o *object) fill(key string, value any) {
	if o.isZero(key) {
		o.write(key, value)
	}
}

// fillAbsent writes the default of a member that is not set only when it is absent or null.
func (o *object) fillAbsent(key string, value any) {
	if !o.has(key) {
		o.write(key, value)
	}
}

// set writes a text that the user cannot choose.
func (o *object) set(key, value string) {
	if o.text(key) != value || !o.has(key) {
		o.write(key, value)
	}
}

// reorder writes the elements of a list in another order. What is written into them afterwards belongs to that write.
func (o *object) reorder(key string, list []any) {
	o.write(key, list)
	for i := range list {
		o.document.created[o.pointer+decision.Pointer(key, strconv.Itoa(i))] = true
	}
}

// write puts a value at a member, creating the object when it is only a place so far.
func (o *object) write(key string, value any) {
	if o.members == nil {
		if o.create == nil {
			return
		}
		o.create()
	}
	_, existed := o.members[key]
	o.members[key] = value
	if !o.isNew {
		o.document.edits = append(o.document.edits, edit{
			pointer: o.pointer + decision.Pointer(key), existed: existed, value: func() any { return o.members[key] },
		})
	}
}
