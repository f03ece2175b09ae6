package yamlpatch

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

// nodeOf makes a tree of JSON, with the members of objects in their order.
func nodeOf(object []byte) (*yamlv3.Node, error) {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber()
	node, err := nextNode(decoder)
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	return node, nil
}

func nextNode(decoder *json.Decoder) (*yamlv3.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch value := token.(type) {
	case json.Delim:
		node := &yamlv3.Node{Kind: yamlv3.SequenceNode}
		if value == '{' {
			node.Kind = yamlv3.MappingNode
		}
		for decoder.More() {
			// A member of an object is two elements: its key, which is a string, and its value.
			element, err := nextNode(decoder)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, element)
		}
		_, err := decoder.Token()
		return node, err
	case string:
		return text(value), nil
	case json.Number:
		return scalar(value.String()), nil
	case bool:
		return scalar(fmt.Sprint(value)), nil
	default:
		return scalar("null"), nil
	}
}

func scalar(value string) *yamlv3.Node {
	return &yamlv3.Node{Kind: yamlv3.ScalarNode, Value: value}
}

// text makes a string, in quotes when it could be read as anything else. The reader of kubectl decides, which knows the words of YAML 1.1
// such as yes and off.
func text(value string) *yamlv3.Node {
	node := &yamlv3.Node{Kind: yamlv3.ScalarNode, Tag: "!!str", Value: value}
	if strings.Contains(value, "\n") {
		return node
	}
	var read any
	if err := yaml.Unmarshal([]byte(value), &read); err != nil || read != value {
		node.Style = yamlv3.DoubleQuotedStyle
		if strings.Contains(value, `"`) {
			node.Style = yamlv3.SingleQuotedStyle // JSON in annotations stays readable
		}
	}
	return node
}
