package yamlpatch

import (
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
)

// expand writes out what aliases and merge keys stand for, so that a change of one place is no change of others. It makes the tree no larger
// than the JSON of the document, which the reader of YAML has bounded.
func expand(node *yamlv3.Node) {
	if node.Kind == yamlv3.AliasNode {
		// What an anchor names stands before its aliases, so it has been expanded.
		*node = *copyOf(node.Alias)
		return
	}
	node.Anchor = ""
	for _, child := range node.Content {
		expand(child)
	}
	if node.Kind == yamlv3.MappingNode {
		node.Content = withoutMergeKeys(node.Content)
	}
}

func copyOf(node *yamlv3.Node) *yamlv3.Node {
	same := *node
	same.Content = make([]*yamlv3.Node, len(node.Content))
	for i, child := range node.Content {
		same.Content[i] = copyOf(child)
	}
	return &same
}

// withoutMergeKeys puts the members that merge keys bring in their place. Of members of one name the last counts, and of several objects that are
// merged at once the first: so does the reader of kubectl, for which members before a merge key do not count more than what is merged.
func withoutMergeKeys(members []*yamlv3.Node) (all []*yamlv3.Node) {
	set := func(key, value *yamlv3.Node) {
		for i := 0; i < len(all); i += 2 {
			if all[i].Value == key.Value {
				all[i], all[i+1] = key, value
				return
			}
		}
		all = append(all, key, value)
	}
	for i := 0; i+1 < len(members); i += 2 {
		key, value := members[i], members[i+1]
		if key.Tag != "!!merge" {
			set(key, value)
			continue
		}
		merged := []*yamlv3.Node{value}
		if value.Kind == yamlv3.SequenceNode {
			merged = value.Content
		}
		for _, from := range slices.Backward(merged) {
			for j := 0; j+1 < len(from.Content); j += 2 {
				set(from.Content[j], from.Content[j+1])
			}
		}
	}
	return all
}
