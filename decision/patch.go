package decision

import (
	"encoding/json"
)

// Operation is one step of an RFC 6902 JSON Patch. Rules build operations from what they decided; nothing in this
// project decodes, re-encodes and compares, because that loses the fields that a build does not know.
type Operation struct {
	// Op is "add", "replace", "remove" or "test".
	Op string `json:"op"`
	// Path is a JSON Pointer (RFC 6901) into the raw object of the request.
	Path string `json:"path"`
	// Value is the encoded value; absent for "remove".
	Value json.RawMessage `json:"value,omitempty"`
}

// Add puts value at path: a new member, or an element inserted before the index that ends path ("-" appends).
func Add(path string, value json.RawMessage) Operation {
	return Operation{Op: "add", Path: path, Value: value}
}

// Replace overwrites the value at path, which must exist.
func Replace(path string, value json.RawMessage) Operation {
	return Operation{Op: "replace", Path: path, Value: value}
}

// Remove deletes the value at path, which must exist.
func Remove(path string) Operation { return Operation{Op: "remove", Path: path} }

// Pointer joins unescaped reference tokens to a JSON Pointer: Pointer("metadata", "annotations", "a/b") is
// "/metadata/annotations/a~1b".
func Pointer(tokens ...string) string {
	const usualKey = 64
	b := make([]byte, 0, usualKey)
	for _, token := range tokens {
		b = append(b, '/')
		for i := range len(token) {
			switch token[i] {
			case '~':
				b = append(b, "~0"...)
			case '/':
				b = append(b, "~1"...)
			default:
				b = append(b, token[i])
			}
		}
	}
	return string(b)
}
