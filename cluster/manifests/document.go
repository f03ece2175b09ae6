package manifests

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/kruise-admission/kruise-admission/api/wire"
)

// place says where in the manifests something is.
type place struct {
	file string
	// document counts the documents of the file from 1; those with nothing but comments do not count.
	document int
	// line is the one on which the document begins, from 1.
	line int
	// item counts the items of a list from 1; 0 outside a list.
	item int
}

func (p place) String() string {
	if p.item > 0 {
		return fmt.Sprintf("%s: document %d (line %d), item %d", p.file, p.document, p.line, p.item)
	}
	return fmt.Sprintf("%s: document %d (line %d)", p.file, p.document, p.line)
}

// document is one document of a file, as JSON.
type document struct {
	place
	json []byte
}

// documents splits a file. What follows a document that cannot be parsed is not looked at: where the next one begins would be a guess.
func documents(f file) ([]document, error) {
	if filepath.Ext(f.path) == ".json" {
		return jsonDocuments(f)
	}
	return yamlDocuments(f)
}

func yamlDocuments(f file) ([]document, error) {
	var documents []document
	for _, chunk := range splitYAML(f.content) {
		at := place{file: f.path, document: len(documents) + 1, line: chunk.line}
		object, err := wire.FromYAML(chunk.text)
		if err != nil {
			// Parsed again below as many empty lines as the document has above it, the parser counts the lines of the file.
			padding := bytes.Repeat([]byte("\n"), chunk.line-1)
			_, err = wire.FromYAML(append(padding, chunk.text...))
			return documents, fmt.Errorf("%s: %w", at, err)
		}
		if string(object) != "null" {
			documents = append(documents, document{place: at, json: object})
		}
	}
	return documents, nil
}

// yamlChunk is the text of one YAML document.
type yamlChunk struct {
	line int
	text []byte
}

// splitYAML cuts at the markers that begin ("---") and end ("...") a document, each at the start of a line. YAML allows neither
// inside a document.
func splitYAML(content []byte) []yamlChunk {
	var chunks []yamlChunk
	current := yamlChunk{line: 1}
	line := 0
	for text := range bytes.Lines(content) {
		line++
		marker := text[:min(3, len(text))]
		isMarker := (string(marker) == "---" || string(marker) == "...") && (len(text) == 3 || bytes.IndexByte([]byte(" \t\r\n"), text[3]) >= 0)
		if !isMarker {
			if len(bytes.TrimSpace(current.text)) == 0 {
				current = yamlChunk{line: line}
			}
			current.text = append(current.text, text...)
			continue
		}
		chunks = append(chunks, current)
		// The line of the marker may go on with a comment or with the document.
		current = yamlChunk{line: line, text: append([]byte("   "), text[3:]...)}
	}
	return append(chunks, current)
}

func jsonDocuments(f file) ([]document, error) {
	var documents []document
	decoder := json.NewDecoder(bytes.NewReader(f.content))
	for {
		rest := f.content[decoder.InputOffset():]
		begin := len(f.content) - len(bytes.TrimLeft(rest, " \t\r\n"))
		at := place{file: f.path, document: len(documents) + 1, line: lineAt(f.content, begin)}
		var object json.RawMessage
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			return documents, fmt.Errorf("%s: line %d: %w", at, lineAt(f.content, int(syntax.Offset)-1), err)
		}
		if err != nil {
			return documents, fmt.Errorf("%s: %w", at, err)
		}
		if err := wire.Unrepeated(object); err != nil {
			return documents, fmt.Errorf("%s: %w", at, err)
		}
		documents = append(documents, document{place: at, json: object})
	}
}

// lineAt returns the line, counted from 1, of the byte at offset.
func lineAt(content []byte, offset int) int {
	offset = max(0, min(offset, len(content)))
	return 1 + bytes.Count(content[:offset], []byte("\n"))
}
