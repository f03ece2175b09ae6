package rawjson

// How strings are read.

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	kjson "sigs.k8s.io/json"
)

// MayContain says whether a word of ASCII letters, digits and punctuation other than quotes and slashes may be in the strings of a JSON text: false
// for sure, without reading it, or perhaps, because any character may be escaped.
func MayContain(text []byte, word string) bool {
	return bytes.Contains(text, []byte(word)) || bytes.Contains(text, []byte(`\u`))
}

// quoted reads a string with its quotes. Plain says that the text between them is the string as it is: ASCII without escapes.
func (s *Scanner) quoted() (raw []byte, plain bool) {
	start, text := s.at, s.text
	if start >= len(text) || text[start] != '"' {
		s.Fail()
		return nil, false
	}
	plain = true
	at := start + 1
	for {
		// Eight bytes at once, as long as none of them is a quote, a backslash, a control character or beyond ASCII.
		for at+8 <= len(text) {
			word := binary.LittleEndian.Uint64(text[at:])
			quote, backslash := word^(ones*'"'), word^(ones*'\\')
			if found := (word | (word - ones*0x20) | (quote - ones) | (backslash - ones)) & highs; found != 0 {
				// A borrow can mark bytes by mistake only above one that is marked with good reason.
				at += bits.TrailingZeros64(found) / 8
				break
			}
			at += 8
		}
		if at >= len(text) {
			break
		}
		switch c := text[at]; {
		case c == '"':
			s.at = at + 1
			return text[start:s.at:s.at], plain
		case c == '\\':
			plain = false
			width := escape(text[at:])
			if width == 0 {
				s.Fail()
				return nil, false
			}
			at += width
		case c < 0x20:
			s.Fail()
			return nil, false
		default:
			plain = plain && c < 0x80
			at++
		}
	}
	s.Fail()
	return nil, false
}

// escape is the length of the escape sequence in front of text; 0 if there is none.
func escape(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(text) < 6 {
			return 0
		}
		for _, c := range text[2:6] {
			if lower := c | 0x20; c-'0' > 9 && (lower < 'a' || lower > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// unquote decodes a string that is not plain.
func (s *Scanner) unquote(raw []byte, value *string) {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, value); err != nil {
		s.Fail()
	}
}
