package main

// How files are read: YAML and JSON, in documents that keep their text.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kruise-admission/kruise-admission/api/wire"
)

// document is one YAML or JSON document of a file, with its text as it was.
type document struct {
	file string // "standard input" for that
	// number counts the documents of the file that hold something, from 1; 0 for one without content.
	number int
	line   int // where text begins, from 1
	// inset counts the characters in front of text in its first line, behind a marker or another value.
	inset int
	// lead is the line that separates it from the document before; empty at the start of most files.
	lead string
	text []byte
	json []byte // nil without content
}

// String says where the document is.
func (d *document) String() string {
	return fmt.Sprintf("%s: document %d (line %d)", d.file, d.number, d.line)
}

// readObjects reads the documents that the values of a flag name, and their objects.
func readObjects(flag string, paths []string, stdin io.Reader) ([]*document, []*object, error) {
	if len(paths) == 0 {
		return nil, nil, usageError{fmt.Errorf("%s: required: name a file, a folder, or - for standard input", flag)}
	}
	documents, err := readDocuments(paths, stdin)
	if err != nil {
		return nil, nil, inputError{fmt.Errorf("%s: %w", flag, err)}
	}
	objects, err := objectsOf(documents)
	if err != nil {
		return nil, nil, inputError{fmt.Errorf("%s: %w", flag, err)}
	}
	return documents, objects, nil
}

// readDocuments reads what paths name: files, folders (files named *.yaml, *.yml and *.json, not in sub-folders, as kubectl does)
// and "-" for standard input, unless stdin is nil. All mistakes are the user's: paths that do not exist, text that is neither YAML nor JSON,
// nothing at all.
func readDocuments(paths []string, stdin io.Reader) ([]*document, error) {
	var all []*document
	for i, path := range paths {
		if path == "-" && slices.Contains(paths[:i], "-") {
			return nil, errors.New("standard input is named twice, and can be read once")
		}
		found, err := documentsAt(path, stdin)
		if err != nil {
			return nil, err
		}
		switch {
		case slices.ContainsFunc(found, func(d *document) bool { return d.json != nil }):
		case path == "-":
			return nil, errors.New("standard input is empty: expected YAML or JSON objects")
		case len(found) == 0:
			return nil, fmt.Errorf("folder %q holds no file *.yaml, *.yml or *.json; folders in it are not read", path)
		default:
			return nil, fmt.Errorf("%s is empty: expected YAML or JSON objects", path)
		}
		all = append(all, found...)
	}
	return all, nil
}

// errOnlyFiles is said to somebody who names standard input where only -f can be.
var errOnlyFiles = errors.New(`"-" is not possible here: standard input is for -f; name a file or a folder`)

func documentsAt(path string, stdin io.Reader) ([]*document, error) {
	if path == "-" && stdin == nil {
		return nil, errOnlyFiles
	}
	if path == "-" {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("read standard input: %w", err)
		}
		return splitDocuments("standard input", text)
	}
	files, err := filesAt(path)
	if err != nil {
		return nil, err
	}
	var all []*document
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		documents, err := splitDocuments(file, text)
		if err != nil {
			return nil, err
		}
		all = append(all, documents...)
	}
	return all, nil
}

func filesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%q does not exist: name an existing file or folder, or - for standard input", path)
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if !entry.IsDir() && !strings.HasPrefix(name, ".") && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			files = append(files, filepath.Join(path, name))
		}
	}
	return files, nil
}

// splitDocuments cuts at lines that begin ("---") or end ("...") a YAML document, and between values of JSON. The leads and texts together are
// the file, with markers added between values of JSON.
func splitDocuments(file string, content []byte) ([]*document, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	current := &document{file: file, line: 1}
	all := []*document{current}
	line := 0
	for text := range bytes.Lines(content) {
		line++
		lead, rest, isMarker := cutMarker(text)
		if isMarker {
			current = &document{file: file, line: line, lead: lead}
			if len(rest) > 0 {
				current.inset = utf8.RuneCount(text) - utf8.RuneCount(rest)
			}
			all = append(all, current)
			text = rest
		}
		if len(bytes.TrimSpace(current.text)) == 0 && len(bytes.TrimSpace(text)) > 0 {
			current.line = line
		}
		current.text = append(current.text, text...)
	}
	return parsed(all)
}

// parsed gives the documents their values and their numbers.
func parsed(cut []*document) (all []*document, err error) {
	number := 0
	for _, whole := range cut {
		values, notJSON := jsonValues(whole)
		for _, d := range values {
			if d.json, err = wire.FromYAML(d.text); err != nil {
				d.number = number + 1
				if filepath.Ext(d.file) != ".json" || notJSON == nil {
					notJSON = withLine(d)
				}
				return nil, fmt.Errorf("%s: %w", d, notJSON)
			}
			if string(d.json) == "null" {
				d.json = nil
				continue
			}
			number++
			d.number = number
		}
		all = append(all, values...)
	}
	return all, nil
}

// cutMarker separates the marker of a document from what follows it on its line.
func cutMarker(text []byte) (lead string, rest []byte, ok bool) {
	marker := string(text[:min(3, len(text))])
	if marker != "---" && marker != "..." || len(text) > 3 && !bytes.ContainsAny(text[3:4], " \t\r\n") {
		return "", nil, false
	}
	if rest := bytes.TrimSpace(text[3:]); len(rest) > 0 && rest[0] != '#' {
		return marker + "\n", append(bytes.TrimLeft(text[3:], " \t"), []byte(nil)...), true
	}
	return string(text), nil, true
}

// withLine says what is wrong with a document of YAML, by the line of the file: behind as many empty lines as there are above the document,
// the parser counts so.
func withLine(d *document) error {
	above := d.line - 1 - leadingLines(d.text)
	_, err := wire.FromYAML(append(bytes.Repeat([]byte("\n"), max(above, 0)), d.text...))
	return errors.New(oneLine(err.Error()))
}

// leadingLines counts the blank lines in front of the content.
func leadingLines(text []byte) int {
	content := bytes.TrimLeft(text, " \t\r\n")
	return bytes.Count(text[:len(text)-len(content)], []byte("\n"))
}
