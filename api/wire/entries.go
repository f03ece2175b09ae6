package wire

import (
	"bytes"
	"fmt"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
)

// MaxEntries is how many elements the lists of an object may have together, apart from those that are texts or numbers: far more than any object
// that is meant, and about ten megabytes of containers.
const MaxEntries = 20_000

// CheckEntries refuses objects of very many list elements. An empty container takes three bytes to write and four hundred to hold, so a text of a few
// megabytes, which API servers pass on before they validate it, would fill the memory of the server; it must be found before it is decoded. What is
// no JSON is left to the decoder.
func CheckEntries(raw []byte) error {
	// Each element takes three bytes at least, and has a comma or a bracket before it. Nearly all objects are short, or have longer elements.
	if len(raw) <= 3*MaxEntries || bytes.Count(raw, []byte{','})+bytes.Count(raw, []byte{'['}) <= MaxEntries {
		return nil
	}
	entries := 0
	before := byte(':') // of what stands before, the last byte that is not white space
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; c {
		case ' ', '\n', '\t', '\r':
			continue
		case '"':
			i = endOfString(raw, i)
		case '{', '[', 'n':
			// Behind a comma, an object, a list or a null is an element: members begin with their name.
			if before == '[' || before == ',' {
				if entries++; entries > MaxEntries {
					return fmt.Errorf("its lists have more than %d elements, which is more than is read: split the object", MaxEntries)
				}
			}
		}
		before = raw[min(i, len(raw)-1)]
	}
	return nil
}

// endOfString is where the string ends that begins at start; the end of the text when it does not end.
func endOfString(raw []byte, start int) int {
	for i := start + 1; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return len(raw)
}

// CheckMetadata is CheckEntries for who decodes the metadata of an object and leaves the rest as it is: that may have any number of elements.
func CheckMetadata(raw []byte) error {
	if len(raw) <= 3*MaxEntries {
		return nil
	}
	s := rawjson.New(raw)
	for name := range s.Members() {
		if string(name) != "metadata" {
			continue
		}
		if err := CheckEntries(s.Value()); err != nil {
			return fmt.Errorf("metadata: %w", err)
		}
	}
	if s.Done() {
		return nil
	}
	return CheckEntries(raw)
}
