package workloadspread

// The tree of a JSON object: reading it, changing it, and the operations that lead from one to another.

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/kruise-admission/kruise-admission/decision"
)

// parse reads an object; numbers keep their digits.
func parse(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree map[string]any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	if tree == nil {
		return nil, errors.New("it is null")
	}
	return tree, nil
}

// treeOf is the tree of a value of an API type, which always has one.
func treeOf(value any) map[string]any {
	tree, _ := parse(encode(value))
	return tree
}

// encode encodes a tree or a value of an API type; that cannot fail.
func encode(value any) json.RawMessage {
	raw, _ := json.Marshal(value)
	return raw
}

// child returns an object in an object, and makes it if it is missing or null.
func child(parent map[string]any, name string) map[string]any {
	members, ok := parent[name].(map[string]any)
	if !ok {
		members = map[string]any{}
		parent[name] = members
	}
	return members
}

// treesOf are the trees of a list of values of an API type.
func treesOf[T any](values []T) []map[string]any {
	trees := make([]map[string]any, len(values))
	for i := range values {
		trees[i] = treeOf(&values[i])
	}
	return trees
}

// addMissing appends those elements to a list to which none of it is equal. They are compared by their encoding, which has its members sorted: both
// lists may be long, and each element need not be compared with each.
func addMissing(parent map[string]any, name string, elements []map[string]any) {
	if len(elements) == 0 {
		return
	}
	present, _ := parent[name].([]any)
	known := make(map[string]bool, len(present)+len(elements))
	for _, element := range present {
		known[string(encode(element))] = true
	}
	for _, element := range elements {
		if text := string(encode(element)); !known[text] {
			known[text] = true
			present = append(present, element)
		}
	}
	parent[name] = present
}

// differences appends the operations that make after of before, both at path.
func differences(operations []decision.Operation, before, after map[string]any, path string) []decision.Operation {
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; !stays {
			operations = append(operations, decision.Remove(path+decision.Pointer(name)))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if was, known := before[name]; known {
			operations = difference(operations, was, after[name], path+decision.Pointer(name))
		} else {
			operations = append(operations, decision.Add(path+decision.Pointer(name), encode(after[name])))
		}
	}
	return operations
}

func difference(operations []decision.Operation, before, after any, path string) []decision.Operation {
	if reflect.DeepEqual(before, after) {
		return operations
	}
	switch was := before.(type) {
	case map[string]any:
		if is, ok := after.(map[string]any); ok {
			return differences(operations, was, is, path)
		}
	case []any:
		if is, ok := after.([]any); ok && len(is) >= len(was) {
			for i := range was {
				operations = difference(operations, was[i], is[i], path+"/"+strconv.Itoa(i))
			}
			for _, element := range is[len(was):] {
				operations = append(operations, decision.Add(path+"/-", encode(element)))
			}
			return operations
		}
	}
	return append(operations, decision.Replace(path, encode(after)))
}
