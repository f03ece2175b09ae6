package manifests

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocuments(t *testing.T) {
	type doc struct {
		Line int
		JSON string
	}
	tests := []struct {
		name, path, content string
		want                []doc
		err                 string
	}{
		{name: "one", content: "a: 1\nb: [x]\n", want: []doc{{1, `{"a":1,"b":["x"]}`}}},
		{name: "empty file", content: ""},
		{name: "only comments", content: "# nothing\n---\n# here\n"},
		{name: "null", content: "---\nnull\n---\n~\n"},
		{name: "several, with the lines on which they begin", content: "a: 1\n---\n\nb: 2\n---\n# about c\nc: 3\n",
			want: []doc{{1, `{"a":1}`}, {4, `{"b":2}`}, {6, `{"c":3}`}}},
		{name: "marker first, blank lines and a marker last", content: "\n---\na: 1\n---\n---\n", want: []doc{{3, `{"a":1}`}}},
		{name: "comment behind the marker", content: "--- # first\na: 1\n", want: []doc{{1, `{"a":1}`}}},
		{name: "document behind the marker", content: "a: 1\n--- {b: 2}\n", want: []doc{{1, `{"a":1}`}, {2, `{"b":2}`}}},
		{name: "end marker", content: "a: 1\n...\nb: 2\n", want: []doc{{1, `{"a":1}`}, {3, `{"b":2}`}}},
		{name: "no new line at the end", content: "a: 1\n---", want: []doc{{1, `{"a":1}`}}},
		{name: "carriage returns", content: "a: 1\r\n---\r\nb: 2\r\n", want: []doc{{1, `{"a":1}`}, {3, `{"b":2}`}}},
		{name: "dashes that are no marker", content: "text: |\n  ---\n  x\n---a: 1\n", want: []doc{{1, `{"---a":1,"text":"---\nx\n"}`}}},
		{name: "JSON in a YAML file", content: "{\"a\": 1}\n---\n{\"b\": 2}\n", want: []doc{{1, `{"a": 1}`}, {3, `{"b": 2}`}}},
		{name: "repeated member of JSON in a YAML file", content: "a: 1\n---\n{\"b\": 2, \"b\": 3}", want: []doc{{1, `{"a":1}`}},
			err: `f: document 2 (line 3): duplicate field "b"`},
		{name: "something behind the end of a document", content: "a: 1\n---\n{\"b\": 2}\n\n{\"c\": 3}\n", want: []doc{{1, `{"a":1}`}},
			err: "f: document 2 (line 3): yaml: line 5: there is something after the end of the object: put --- between documents"},
		{name: "a bracket too many", content: "{a: 1}}\n", err: "f: document 1 (line 1): yaml: line 1: there is something after the end of the object: put --- between documents"},
		{name: "a comment behind the end", content: "{a: 1}\n# the end\n", want: []doc{{1, `{"a":1}`}}},
		{name: "syntax error names the line of the file", content: "a: 1\n---\nb: 2\n---\nc: 3\nd: [\n",
			want: []doc{{1, `{"a":1}`}, {3, `{"b":2}`}},
			err:  "f: document 3 (line 5): yaml: line 6: did not find expected node content"},
		{name: "nothing is read behind a syntax error", content: "a: [\n---\nb: 2\n", err: "f: document 1 (line 1): yaml: line 1: did not find expected node content"},
		{name: "repeated key", content: "a: 1\n---\nb: 2\nb: 3\n", want: []doc{{1, `{"a":1}`}},
			err: "f: document 2 (line 3): yaml: unmarshal errors:\n  line 4: key \"b\" already set in map"},

		{name: "JSON file", path: "f.json", content: "{\"a\": 1}", want: []doc{{1, `{"a": 1}`}}},
		{name: "JSON documents in a row", path: "f.json", content: "\n{\"a\": 1}\n\n {\n\"b\": 2}{}\n", want: []doc{{2, `{"a": 1}`}, {4, "{\n\"b\": 2}"}, {5, `{}`}}},
		{name: "JSON indented with tabs", path: "f.json", content: "{\n\t\"a\": 1\n}", want: []doc{{1, "{\n\t\"a\": 1\n}"}}},
		{name: "empty JSON file", path: "f.json", content: " \n"},
		{name: "JSON syntax error", path: "f.json", content: "{}\n{\n\"a\": x}", want: []doc{{1, `{}`}},
			err: "f.json: document 2 (line 2): line 3: invalid character 'x' looking for beginning of value"},
		{name: "JSON cut short", path: "f.json", content: "{\n\"a\":", err: "f.json: document 1 (line 1): unexpected EOF"},
		{name: "repeated JSON member", path: "f.json", content: "{\"a\": 1,\n\"a\": 2}", err: `f.json: document 1 (line 1): duplicate field "a"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.path == "" {
				test.path = "f"
			}
			documents, err := documents(file{path: test.path, content: []byte(test.content)})
			var got []doc
			for i, d := range documents {
				if d.document != i+1 || d.file != test.path {
					t.Errorf("document %d says that it is %s", i+1, d.place)
				}
				got = append(got, doc{d.line, string(d.json)})
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil && test.err != "") || (err != nil && err.Error() != test.err) {
				t.Errorf("error %v\nwant  %s", err, test.err)
			}
		})
	}
}
