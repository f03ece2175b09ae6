package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitDocuments(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		leads []string
		lines []int
	}{
		"one":                          {"a: 1\n", []string{""}, []int{1}},
		"comment and blank line first": {"# c\n\na: 1\n", []string{""}, []int{1}},
		"blank lines first":            {"\n\na: 1\n", []string{""}, []int{3}},
		"marker first":                 {"---\na: 1\n", []string{"", "---\n"}, []int{1, 2}},
		"two":                          {"a: 1\n--- # next\n\nb: 1", []string{"", "--- # next\n"}, []int{1, 4}},
		"content behind the marker":    {"--- {a: 1}\n", []string{"", "---\n"}, []int{1, 1}},
		"end marker":                   {"a: 1\n...\n", []string{"", "...\n"}, []int{1, 2}},
		"windows":                      {"a: 1\r\n---\r\nb: 1\r\n", []string{"", "---\r\n"}, []int{1, 3}},
		"no marker":                    {"a: |\n  ---\n----\n", nil, nil},
		"byte order mark":              {"\xef\xbb\xbfa: 1\n", []string{""}, []int{1}},
		"JSON":                         {"\n{\"a\": 1}\n", []string{""}, []int{2}},
		"values of JSON in a row":      {"b: 1\n---\n{\"a\": 1}\n\n{\n} {}\n", []string{"", "---\n", "---\n", "---\n"}, []int{1, 3, 5, 6}},
		"JSON with something behind":   {"{\"a\": 1}\nb: 1\n", nil, nil},
		"flow mappings in a row":       {"{a: 1}\n{b: 1}\n", nil, nil},
		"a member twice":               {"{\"a\": 1, \"a\": 2}\n", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			documents, err := splitDocuments("f", []byte(test.text))
			if test.leads == nil {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var leads []string
			var lines []int
			for _, d := range documents {
				leads = append(leads, d.lead)
				lines = append(lines, d.line)
			}
			if diff := cmp.Diff(test.leads, leads); diff != "" {
				t.Error("leads", diff)
			}
			if diff := cmp.Diff(test.lines, lines); diff != "" {
				t.Error("lines", diff)
			}
		})
	}
}

// blankOut takes out what may differ between documents that were told apart.
var blankOut = strings.NewReplacer("---", "", " ", "", "\t", "", "\r", "", "\n", "")

// FuzzDocuments: whatever a file holds, reading it either fails or keeps every byte of it, and nothing panics on what it says.
func FuzzDocuments(f *testing.F) {
	f.Add("a: 1\n---\nb: 2\n")
	f.Add("{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{\"kind\":\"Pod\",\"apiVersion\":\"v1\"}]}")
	f.Add("kind: PodList\napiVersion: v1\nitems: [{spec: {containers: [{name: a}]}}, null, 1]\n")
	f.Add("{\"kind\":\"A\"}\n{\"kind\":\"B\"} {}\n")
	f.Add("apiVersion: apps/v1\nkind: X\nspec: {template: {spec: {containers: [1]}}}\n...\n--- x\n")
	f.Fuzz(func(t *testing.T, text string) {
		documents, err := splitDocuments("f.json", []byte(text))
		if err != nil {
			return
		}
		var again bytes.Buffer
		for _, d := range documents {
			again.WriteString(d.lead)
			again.Write(d.text)
		}
		if len(documents) > 1 && strings.Contains(text, "{") {
			// Between values of JSON there are markers that were not there.
			text, again = blankOut.Replace(text), *bytes.NewBufferString(blankOut.Replace(again.String()))
		}
		if !strings.Contains(text, "--- ") && !strings.Contains(text, "---\t") && !strings.Contains(text, "...") && !strings.HasPrefix(text, "\xef") && again.String() != text {
			t.Errorf("%q became %q", text, again.String())
		}
		objects, err := objectsOf(documents)
		if err != nil {
			return
		}
		for _, o := range objects {
			_ = o.String() + o.source()
			for _, template := range templatesOf(o) {
				if _, err := additionsOf(template.raw, nil); err == nil && len(template.raw) == 0 {
					t.Errorf("a template without content in %q", text)
				}
			}
		}
	})
}
