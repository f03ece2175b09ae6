package main

// Values of JSON, one behind the other, as jq and others print them. kubectl takes them, too.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// jsonValues cuts a document of JSON between its objects. A document of something else is left whole; the error then says where it is not
// JSON.
func jsonValues(d *document) ([]*document, error) {
	whole := []*document{d}
	decoder := json.NewDecoder(bytes.NewReader(d.text))
	var values []*document
	begin := 0
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return whole, fmt.Errorf("line %d: %w", d.lineAt(int(syntax.Offset)-1), syntax)
		}
		if err != nil {
			return whole, err
		}
		if value[0] != '{' {
			return whole, nil
		}
		end := int(decoder.InputOffset())
		part := &document{file: d.file, line: d.lineAt(end - len(value)), lead: d.lead, text: d.text[begin:end]}
		if part.inset = d.inset; begin > 0 {
			part.lead, part.text = "---\n", value // what is printed may be YAML
			front := d.text[:end-len(value)]
			part.inset = utf8.RuneCount(front[bytes.LastIndexByte(front, '\n')+1:])
		}
		values = append(values, part)
		begin = end
	}
	if len(values) < 2 {
		return whole, nil
	}
	return values, nil
}

// lineAt is the line of the file, from 1, of the byte at an offset in the text.
func (d *document) lineAt(offset int) int {
	return d.line - leadingLines(d.text) + bytes.Count(d.text[:max(0, min(offset, len(d.text)))], []byte("\n"))
}
