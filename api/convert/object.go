package convert

import (
	"encoding/json"
	"fmt"
)

// object is a JSON object of which only the opened children are decoded. All methods take null for absent.
type object struct {
	path     string
	members  map[string]json.RawMessage
	children map[string]*object
	lists    map[string][]*object
	// had says whether the object had any members when it was opened.
	had bool
}

// child opens a member for changes; they reach the object when it is encoded. An absent member appears only if something is put into it, and
// one that loses all it had disappears.
func (o *object) child(name string) (*object, error) {
	if child, ok := o.children[name]; ok {
		return child, nil
	}
	child := &object{path: o.path + "." + name}
	if raw, ok := o.members[name]; ok {
		if err := json.Unmarshal(raw, &child.members); err != nil {
			return nil, fmt.Errorf("%s is not an object", child.path[1:])
		}
	}
	child.had = len(child.members) > 0
	if o.children == nil {
		o.children = map[string]*object{}
	}
	o.children[name] = child
	return child, nil
}

// text returns a member that is a string, or nothing if it is absent.
func (o *object) text(name string) (text string, err error) {
	err = o.read(name, &text, "a string")
	return text, err
}

// flag returns a member that is a boolean, or false if it is absent.
func (o *object) flag(name string) (flag bool, err error) {
	err = o.read(name, &flag, "a boolean")
	return flag, err
}

// number returns a member that is an integer of 32 bits, or 0 if it is absent.
func (o *object) number(name string) (number int32, err error) {
	err = o.read(name, &number, "an integer")
	return number, err
}

func (o *object) read(name string, to any, wanted string) error {
	raw, ok := o.members[name]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, to); err != nil {
		return fmt.Errorf("%s is not %s", (o.path + "." + name)[1:], wanted)
	}
	return nil
}

// has says whether there is such a member, and it is not null.
func (o *object) has(name string) bool {
	raw, ok := o.members[name]
	return ok && string(raw) != "null"
}

// set writes a member: a string, a boolean, a number, a list or a map of strings, or JSON, all of which have a JSON form.
func (o *object) set(name string, value any) {
	raw, _ := json.Marshal(value)
	if o.members == nil {
		o.members = map[string]json.RawMessage{}
	}
	o.members[name] = raw
}

// delete removes a member, opened or not.
func (o *object) delete(name string) {
	delete(o.members, name)
	delete(o.children, name)
	delete(o.lists, name)
}

// rename gives a member that has not been opened another name, in place of what has that name.
func (o *object) rename(from, to string) {
	o.delete(to)
	if o.has(from) {
		o.members[to] = o.members[from]
	}
	o.delete(from)
}

// move hands a member that has not been opened over to another object.
func (o *object) move(name string, to *object) {
	if o.has(name) {
		if to.members == nil {
			to.members = map[string]json.RawMessage{}
		}
		to.members[name] = o.members[name]
	}
	delete(o.members, name)
}

func (o *object) encode() (json.RawMessage, error) {
	for name, child := range o.children {
		raw, err := child.encode()
		if err != nil {
			return nil, err
		}
		switch {
		case len(child.members) > 0:
			if o.members == nil {
				o.members = map[string]json.RawMessage{}
			}
			o.members[name] = raw
		case child.had:
			delete(o.members, name)
		}
	}
	if err := o.encodeLists(); err != nil {
		return nil, err
	}
	return json.Marshal(o.members)
}

// open opens what conversions of all kinds look at.
func open(root *object) (labels, annotations, spec *object, err error) {
	metadata, err := root.child("metadata")
	if err != nil {
		return nil, nil, nil, err
	}
	if labels, err = metadata.child("labels"); err != nil {
		return nil, nil, nil, err
	}
	if annotations, err = metadata.child("annotations"); err != nil {
		return nil, nil, nil, err
	}
	if spec, err = root.child("spec"); err != nil {
		return nil, nil, nil, err
	}
	return labels, annotations, spec, nil
}

// openUpdateStrategy opens the update strategy of a workload, and what v1beta1 has below rollingUpdate.
func openUpdateStrategy(spec *object) (strategy, rolling *object, err error) {
	if strategy, err = spec.child("updateStrategy"); err != nil {
		return nil, nil, err
	}
	rolling, err = strategy.child("rollingUpdate")
	return strategy, rolling, err
}
