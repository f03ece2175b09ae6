package main

// Which objects documents hold: themselves, or the items of lists.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
)

// object is one Kubernetes object of a document: the document itself, or an item of a list.
type object struct {
	document *document
	// pointer is the JSON Pointer to it in its document; empty for the document itself.
	pointer string
	raw     []byte
	header
}

// header is what says which object it is.
type header struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        struct {
		Name         string            `json:"name"`
		GenerateName string            `json:"generateName"`
		Namespace    string            `json:"namespace"`
		Labels       map[string]string `json:"labels"`
	} `json:"metadata"`
}

// String names the object as a reader of the manifests knows it.
func (o *object) String() string {
	name := o.Metadata.Name
	if name == "" && o.Metadata.GenerateName != "" {
		name = o.Metadata.GenerateName + "*"
	}
	if o.Metadata.Namespace != "" {
		name = o.Metadata.Namespace + "/" + name
	}
	return fmt.Sprintf("%s %s", o.Kind, name)
}

// source says where the object is.
func (o *object) source() string {
	if o.pointer == "" {
		return fmt.Sprintf("%s:%d", o.document.file, o.document.line)
	}
	return fmt.Sprintf("%s:%d%s", o.document.file, o.document.line, o.pointer)
}

// group is the API group of the object.
func (h header) group() string {
	if group, _, ok := strings.Cut(h.APIVersion, "/"); ok {
		return group
	}
	return ""
}

// objectsOf takes documents apart into objects. What is no Kubernetes object is an error.
func objectsOf(documents []*document) ([]*object, error) {
	var all []*object
	for _, d := range documents {
		if d.json == nil {
			continue
		}
		found, err := appendObjects(nil, d, "", d.json, metav1.TypeMeta{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d, err)
		}
		all = append(all, found...)
	}
	return all, nil
}

// appendObjects adds an object, or the items of a list; outer is the type of the items of a typed list, which need not repeat it.
func appendObjects(all []*object, d *document, pointer string, raw []byte, outer metav1.TypeMeta) ([]*object, error) {
	o := &object{document: d, pointer: pointer, raw: raw}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) {
		return nil, errors.New("not a Kubernetes object: expected an object with apiVersion and kind")
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &o.header); err != nil {
		return nil, fmt.Errorf("not a Kubernetes object: %s", strings.Replace(err.Error(), "Go struct field .", "", 1))
	}
	if o.APIVersion == "" && o.Kind == "" && outer.Kind != "" {
		var err error
		if o.raw, err = withType(raw, outer); err != nil {
			return nil, err
		}
		o.TypeMeta = outer
	}
	if o.APIVersion == "" || o.Kind == "" {
		return nil, fmt.Errorf("not a Kubernetes object: apiVersion and kind are required")
	}
	kind, isList := strings.CutSuffix(o.Kind, "List")
	if isList {
		if err := json.Unmarshal(raw, &list); err != nil {
			return nil, fmt.Errorf("%s: items: %w", o.Kind, err)
		}
	}
	if !isList || list.Items == nil && kind != "" {
		return append(all, o), nil
	}
	items := metav1.TypeMeta{}
	if kind != "" {
		items = metav1.TypeMeta{APIVersion: o.APIVersion, Kind: kind}
	}
	for i, item := range list.Items {
		var err error
		if all, err = appendObjects(all, d, fmt.Sprintf("%s/items/%d", pointer, i), item, items); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return all, nil
}

// withType adds apiVersion and kind to an item of a typed list.
func withType(raw []byte, typed metav1.TypeMeta) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for key, value := range map[string]string{"apiVersion": typed.APIVersion, "kind": typed.Kind} {
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		members[key] = encoded
	}
	return json.Marshal(members)
}

// withNamespace fills in the namespace, a DNS label, as an API server does. What has no metadata stays as it is.
func withNamespace(raw []byte, namespace string) ([]byte, error) {
	if memberOf(raw, "metadata") == nil {
		return raw, nil
	}
	return yamlpatch.ApplyJSON(raw, []decision.Operation{decision.Add("/metadata/namespace", strconv.AppendQuote(nil, namespace))})
}

// under moves operations on a part of an object to the object.
func under(pointer string, operations []decision.Operation) []decision.Operation {
	moved := make([]decision.Operation, len(operations))
	for i, operation := range operations {
		moved[i] = operation
		moved[i].Path = pointer + operation.Path
	}
	return moved
}
