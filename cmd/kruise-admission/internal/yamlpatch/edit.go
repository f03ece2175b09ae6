package yamlpatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/kruise-admission/kruise-admission/decision"
)

// edit applies operations to a tree. Only what rules make is known: add, replace and remove.
func edit(root *yamlv3.Node, operations []decision.Operation) error {
	for _, operation := range operations {
		if err := editOne(root, operation); err != nil {
			return fmt.Errorf("%s %s: %w", operation.Op, operation.Path, err)
		}
	}
	return nil
}

var pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")

func editOne(root *yamlv3.Node, operation decision.Operation) error {
	tokens := strings.Split(operation.Path, "/")
	if len(tokens) < 2 {
		return fmt.Errorf("there is nothing around it")
	}
	parent := root
	for _, token := range tokens[1 : len(tokens)-1] {
		i, ok := find(parent, pointerUnescaper.Replace(token))
		if !ok {
			return fmt.Errorf("%q does not exist", token)
		}
		if parent = parent.Content[i]; parent.Kind == yamlv3.AliasNode {
			return fmt.Errorf("%q is an alias, whose anchor has other uses", token)
		}
	}
	last := pointerUnescaper.Replace(tokens[len(tokens)-1])
	at, exists := find(parent, last)
	switch {
	case operation.Op == "remove" && exists:
		first := at
		if parent.Kind == yamlv3.MappingNode {
			first-- // the key
		}
		parent.Content = slices.Delete(parent.Content, first, at+1)
		return nil
	case operation.Op != "add" && operation.Op != "replace":
		return fmt.Errorf("not possible here")
	}
	value, err := nodeOf(operation.Value)
	if err != nil {
		return err
	}
	if len(parent.Content) == 0 {
		parent.Style &^= yamlv3.FlowStyle // an empty list or object can only be written as a flow
	}
	switch {
	case exists && (operation.Op == "replace" || parent.Kind == yamlv3.MappingNode):
		value.HeadComment, value.FootComment = parent.Content[at].HeadComment, parent.Content[at].FootComment
		parent.Content[at] = value
	case operation.Op == "add" && parent.Kind == yamlv3.MappingNode:
		parent.Content = append(parent.Content, text(last), value)
	case operation.Op == "add" && parent.Kind == yamlv3.SequenceNode:
		i, err := strconv.Atoi(last)
		if last == "-" {
			i, err = len(parent.Content), nil
		}
		if err != nil || i < 0 || i > len(parent.Content) {
			return fmt.Errorf("%q is no place in a list of %d", last, len(parent.Content))
		}
		parent.Content = slices.Insert(parent.Content, i, value)
	default:
		return fmt.Errorf("%q does not exist", last)
	}
	return nil
}

// find gives the index in Content of the value that token names.
func find(node *yamlv3.Node, token string) (int, bool) {
	switch node.Kind {
	case yamlv3.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == token {
				return i + 1, true
			}
		}
	case yamlv3.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(node.Content) {
			return i, true
		}
	}
	return 0, false
}
