package convert

import (
	"encoding/json"
	"fmt"
)

// elements opens the objects of a list for changes, as child does for one. A null element is an object without members.
func (o *object) elements(name string) ([]*object, error) {
	if elements, ok := o.lists[name]; ok {
		return elements, nil
	}
	var raw []json.RawMessage
	if err := o.read(name, &raw, "a list"); err != nil {
		return nil, err
	}
	elements := make([]*object, len(raw))
	for i := range raw {
		elements[i] = &object{path: fmt.Sprintf("%s.%s[%d]", o.path, name, i)}
		if err := json.Unmarshal(raw[i], &elements[i].members); err != nil {
			return nil, fmt.Errorf("%s is not an object", elements[i].path[1:])
		}
	}
	o.setElements(name, elements)
	return elements, nil
}

// each changes the objects of a list in place, in their order.
func (o *object) each(name string, change func(element *object) error) error {
	elements, err := o.elements(name)
	if err != nil {
		return err
	}
	for _, element := range elements {
		if err := change(element); err != nil {
			return err
		}
	}
	return nil
}

// setElements writes the objects of a list; they may still be changed. An empty list leaves the member as it is.
func (o *object) setElements(name string, elements []*object) {
	if o.lists == nil {
		o.lists = map[string][]*object{}
	}
	o.lists[name] = elements
}

func (o *object) encodeLists() error {
	for name, elements := range o.lists {
		if len(elements) == 0 {
			continue
		}
		list := make([]json.RawMessage, len(elements))
		for i, element := range elements {
			var err error
			if list[i], err = element.encode(); err != nil {
				return err
			}
		}
		o.set(name, list)
	}
	return nil
}
