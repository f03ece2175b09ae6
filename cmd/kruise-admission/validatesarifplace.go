package main

// At which place of a file a field of an object is.

import (
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
)

// placeOf is the line of a field, and its column in code points, both from 1. A field is named as in spec.containers[0].image or
// metadata.annotations[a/b]; the place of what is not there is that of what would hold it.
func (o *object) placeOf(field string) (line, column int) {
	d := o.document
	var root yamlv3.Node
	if err := yamlv3.Unmarshal(d.text, &root); err != nil || len(root.Content) == 0 {
		return d.line, 1
	}
	node, at := root.Content[0], root.Content[0]
	path := slices.Concat(strings.FieldsFunc(o.pointer, func(r rune) bool { return r == '/' }), fieldPath(field))
	for _, step := range path {
		next, begin := stepInto(node, step)
		if next == nil {
			break
		}
		node, at = next, begin
	}
	if at.Line == 1 {
		return d.line, d.inset + at.Column
	}
	return d.line - leadingLines(d.text) + at.Line - 1, at.Column
}

// stepInto finds a member or an element, and where it begins; a member begins with its key.
func stepInto(node *yamlv3.Node, step string) (found, begin *yamlv3.Node) {
	if node.Kind == yamlv3.AliasNode {
		node = node.Alias
	}
	switch node.Kind {
	case yamlv3.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i]
			}
		}
	case yamlv3.SequenceNode:
		if index, err := strconv.Atoi(step); err == nil && index >= 0 && index < len(node.Content) {
			return node.Content[index], node.Content[index]
		}
	}
	return nil, nil
}

// fieldPath takes a field apart; what is in brackets is one step, dots or not.
func fieldPath(field string) (steps []string) {
	for field != "" {
		if rest, isBracket := strings.CutPrefix(field, "["); isBracket {
			step, after, _ := strings.Cut(rest, "]")
			steps, field = append(steps, step), strings.TrimPrefix(after, ".")
			continue
		}
		end := strings.IndexAny(field, ".[")
		if end < 0 {
			return append(steps, field)
		}
		if end > 0 {
			steps = append(steps, field[:end])
		}
		field = strings.TrimPrefix(field[end:], ".")
	}
	return steps
}
