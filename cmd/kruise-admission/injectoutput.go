package main

// How injected manifests are printed: as they were with what is added, as JSON, as a diff, or as patches.

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/linediff"
	"github.com/kruise-admission/kruise-admission/cmd/kruise-admission/internal/yamlpatch"
	"github.com/kruise-admission/kruise-admission/decision"
)

// print prints the manifests after injection in the format that is asked for.
func (o *injectOptions) print(out io.Writer, documents []*document, objects []*object, patches map[*object][]decision.Operation) error {
	switch {
	case o.output == "patch":
		return printJSON(out, patchEntries(objects, patches))
	case o.output == "json":
		return printObjects(out, objects, patches)
	}
	byDocument := map[*document][]decision.Operation{}
	for _, object := range objects {
		byDocument[object.document] = append(byDocument[object.document], under(object.pointer, patches[object])...)
	}
	var before, after strings.Builder
	for i, d := range documents {
		text, _, err := yamlpatch.Apply(d.text, byDocument[d])
		if err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
		was := string(d.text)
		if json.Valid(d.text) && o.diff {
			// The result is YAML, so it is compared with YAML.
			if asYAML, _, err := yamlpatch.Apply(d.text, nil); err == nil {
				was = string(asYAML)
			}
		}
		lead := d.lead
		if !o.diff {
			lead = separator(documents, i)
		}
		before.WriteString(lead + endLine(was))
		after.WriteString(lead + endLine(string(text)))
		if last := i+1 == len(documents) || documents[i+1].file != d.file; o.diff && last {
			if err := o.printDiff(out, d.file, before.String(), after.String()); err != nil {
				return err
			}
			before.Reset()
			after.Reset()
		}
	}
	_, err := io.WriteString(out, after.String())
	return err
}

// separator is the line in front of a document: its own, or one that parts files.
func separator(documents []*document, i int) string {
	d := documents[i]
	if d.lead != "" || i == 0 || documents[i-1].file == d.file || len(strings.TrimSpace(string(d.text))) == 0 {
		return d.lead
	}
	return "---\n"
}

func endLine(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}

func (o *injectOptions) printDiff(out io.Writer, file, before, after string) error {
	var colors linediff.Colors
	if o.color == "always" || o.color == "auto" && toTerminal(out) {
		colors = linediff.Terminal
	}
	_, err := io.WriteString(out, linediff.Unified(file, file+" (injected)", before, after, colors))
	return err
}

// printObjects prints a single object as it is, and several as a List.
func printObjects(out io.Writer, objects []*object, patches map[*object][]decision.Operation) error {
	items := make([]json.RawMessage, len(objects))
	for i, o := range objects {
		patched, err := yamlpatch.ApplyJSON(o.raw, patches[o])
		if err != nil {
			return fmt.Errorf("%s: %w", o, err)
		}
		items[i] = patched
	}
	if len(items) == 1 {
		return printJSON(out, items[0])
	}
	return printJSON(out, struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}{"v1", "List", items})
}

// patchEntry is one object in the output of -o patch.
type patchEntry struct {
	File     string `json:"file"`
	Document int    `json:"document"`
	metav1.TypeMeta
	Namespace string               `json:"namespace,omitempty"`
	Name      string               `json:"name,omitempty"`
	Patch     []decision.Operation `json:"patch"`
}

// patchEntries lists the objects that are changed.
func patchEntries(objects []*object, patches map[*object][]decision.Operation) []patchEntry {
	entries := []patchEntry{}
	for _, o := range objects {
		if len(patches[o]) > 0 {
			entries = append(entries, patchEntry{
				File: o.document.file, Document: o.document.number, TypeMeta: o.TypeMeta,
				Namespace: o.Metadata.Namespace, Name: o.Metadata.Name, Patch: patches[o],
			})
		}
	}
	return entries
}
