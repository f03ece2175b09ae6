// Package yamlpatch applies a JSON Patch to a manifest as somebody wrote it: comments, the order of keys, quotes and blank lines stay
// wherever the patch does not reach.
//
// A manifest is read twice. sigs.k8s.io/yaml says what it means, as kubectl does; that is patched as JSON and is the result that must come
// out. go.yaml.in/yaml/v3 gives a tree with comments; that is patched too, and written. Writing normalises the layout, so the
// lines that the patch changed are carried over into the text as it was (layout.go). Each of the two steps can fail on unusual YAML, such as
// indentation that differs from place to place, or anchors that the patch cuts through; then aliases are written out (expand.go). Therefore a
// text counts only when it means the result; else the next plainer one is taken, and the plainest, made from the result alone, always means it.
package yamlpatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"unicode/utf8"

	jsonpatch "github.com/evanphx/json-patch/v5"
	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Apply applies operations to one YAML document and returns it as YAML and as JSON. A document that is JSON becomes YAML in blocks, with its keys
// in their order. It fails when the document is not YAML, or an operation does not apply.
func Apply(document []byte, operations []decision.Operation) (text, object []byte, err error) {
	original := document
	if !json.Valid(document) { // a reader of YAML does not understand all of JSON: it knows no surrogate pairs
		if original, err = yaml.YAMLToJSON(document); err != nil {
			return nil, nil, err
		}
	}
	if object, err = ApplyJSON(original, operations); err != nil {
		return nil, nil, err
	}
	if len(operations) == 0 && !json.Valid(document) {
		return document, object, nil
	}
	ends := lineEnd(document)
	if ends != unixEnd {
		document = bytes.ReplaceAll(document, []byte(ends), []byte(unixEnd))
	}
	for candidate := range candidates(document, operations) {
		if ends != unixEnd {
			candidate = bytes.ReplaceAll(candidate, []byte(unixEnd), []byte(ends))
		}
		if means(candidate, object) {
			return candidate, object, nil
		}
	}
	text, err = yaml.JSONToYAML(escaped(object))
	return text, object, err
}

const unixEnd, windowsEnd = "\n", "\r\n"

// lineEnd is how the lines of a document end, Unix's way when they differ.
func lineEnd(document []byte) string {
	lines := bytes.Count(document, []byte(unixEnd))
	if lines > 0 && bytes.Count(document, []byte(windowsEnd)) == lines {
		return windowsEnd
	}
	return unixEnd
}

// escaped spells out the characters that JSON allows in a string as they are, and YAML only escaped: controls above ASCII's first, byte
// order marks and what is no character.
func escaped(object []byte) []byte {
	b := make([]byte, 0, len(object))
	for _, r := range string(object) {
		if r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			b = fmt.Appendf(b, `\u%04x`, r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	return b
}

// ApplyJSON applies operations to JSON.
func ApplyJSON(object []byte, operations []decision.Operation) ([]byte, error) {
	if len(operations) == 0 {
		return object, nil
	}
	encoded, err := json.Marshal(operations)
	if err != nil {
		return nil, fmt.Errorf("encode the patch: %w", err)
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		return nil, fmt.Errorf("decode the patch: %w", err)
	}
	patched, err := patch.Apply(object)
	if err != nil {
		return nil, fmt.Errorf("apply the patch: %w", err)
	}
	return patched, nil
}

// candidates are texts that may mean the result, the most faithful first.
func candidates(document []byte, operations []decision.Operation) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if json.Valid(document) {
			root, err := nodeOf(document)
			if err != nil || edit(root, operations) != nil {
				return
			}
			if text, err := encode(root, style{indent: 2}); err == nil {
				yield(text)
			}
			return
		}
		for _, prepare := range []func(*yamlv3.Node){asItIs, expand} {
			for text := range edited(document, operations, prepare) {
				if !yield(text) {
					return
				}
			}
		}
	}
}

// asItIs leaves anchors and aliases where they are, which is right as long as the patch does not cut through them.
func asItIs(*yamlv3.Node) {}

// edited are the texts that come of the patch after the tree was prepared for it: in the layout of the document, if possible, and in another.
func edited(document []byte, operations []decision.Operation, prepare func(*yamlv3.Node)) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		var root yamlv3.Node
		if err := yamlv3.Unmarshal(document, &root); err != nil || len(root.Content) != 1 {
			return
		}
		style := styleOf(root.Content[0])
		before, err := encode(&root, style)
		if err != nil {
			return
		}
		prepare(root.Content[0])
		if edit(root.Content[0], operations) != nil {
			return
		}
		after, err := encode(&root, style)
		if err != nil {
			return
		}
		if merged, ok := keepLayout(document, before, after); ok && !yield(merged) {
			return
		}
		yield(after)
	}
}

// means says whether a text is one YAML document that means the object, for every reader of YAML 1.1 or later.
func means(text, object []byte) bool {
	got, err := yaml.YAMLToJSONStrict(text)
	if err != nil {
		return false
	}
	var a, b any
	if kjson.UnmarshalCaseSensitivePreserveInts(got, &a) != nil || kjson.UnmarshalCaseSensitivePreserveInts(object, &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}

func encode(root *yamlv3.Node, style style) ([]byte, error) {
	var text bytes.Buffer
	encoder := yamlv3.NewEncoder(&text)
	encoder.SetIndent(style.indent)
	if style.compact {
		encoder.CompactSeqIndent()
	}
	if err := encoder.Encode(root); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	return text.Bytes(), nil
}
