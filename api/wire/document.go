package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// FromYAML converts one document, in YAML or JSON, to JSON. It is strict, as kubectl is: of two values for one key, neither can be taken to be
// the one that is meant. And what stands behind the end of the value is an error: the parser would leave it out without a word.
func FromYAML(document []byte) ([]byte, error) {
	if json.Valid(document) {
		return bytes.TrimSpace(document), Unrepeated(document)
	}
	object, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	return object, nothingBehind(document)
}

// Unrepeated says which members of a JSON value are there twice.
func Unrepeated(document []byte) error {
	var content any
	repeated, err := kjson.UnmarshalStrict(document, &content)
	return errors.Join(append(repeated, err)...)
}

// unexpectedStart is what the parser says of a second value without a marker in front.
const unexpectedStart = "did not find expected <document start>"

var parserLine = regexp.MustCompile(`line (\d+)`)

// nothingBehind looks for a second value in a document whose first can be read.
func nothingBehind(document []byte) error {
	decoder := yamlv3.NewDecoder(bytes.NewReader(document))
	var value yamlv3.Node
	if decoder.Decode(&value) != nil {
		return nil //nolint:nilerr // what comes first has been read already, so there is nothing but comments
	}
	err := decoder.Decode(&value)
	if errors.Is(err, io.EOF) {
		return nil
	}
	line := 0
	if err != nil {
		if !strings.Contains(err.Error(), unexpectedStart) {
			return err
		}
		if match := parserLine.FindStringSubmatch(err.Error()); match != nil {
			line, _ = strconv.Atoi(match[1]) // the parser counts lines from 0
		}
	}
	return fmt.Errorf("yaml: line %d: there is something after the end of the object: put --- between documents", line+1)
}
