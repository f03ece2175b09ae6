package rawjson

import (
	"iter"
	"strings"
)

// MaxDepth is how deep arrays and objects may be nested in what a Scanner accepts.
const MaxDepth = 500

// Scanner reads a JSON text from front to back. After anything that it does not accept it has failed for good: it reads nothing
// more, and Done reports false. The zero Scanner has an empty text, which is not valid.
type Scanner struct {
	text   []byte
	at     int
	depth  int
	failed bool
	kept   strings.Builder
}

// New returns a Scanner at the front of a text. What it returns refers to the text.
func New(text []byte) *Scanner { return &Scanner{text: text} }

// Fail makes the Scanner fail, because the caller does not like what it read.
func (s *Scanner) Fail() { s.failed, s.at = true, len(s.text) }

// Done says whether the text was one valid value, which has been read, and nothing but white space after it.
func (s *Scanner) Done() bool {
	s.space()
	return !s.failed && s.at == len(s.text) && s.at > 0
}

// Members yields the names of an object's members, unescaped. The body of the loop may read the value of the member by one call
// of another method; otherwise it is passed over. A null has no members. Any other value makes the Scanner fail.
func (s *Scanner) Members() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if s.Null() || !s.open('{') {
			return
		}
		for more := !s.closed('}'); more; more = s.more('}') {
			name := s.name()
			if s.failed {
				return
			}
			before := s.at
			if !yield(name) {
				s.Fail()
				return
			}
			if s.at == before {
				s.Value()
			}
		}
	}
}

// Elements yields the indices of an array's elements. The body of the loop may read the element by one call of another method; otherwise it
// is passed over. A null has no elements. Any other value makes the Scanner fail.
func (s *Scanner) Elements() iter.Seq[int] {
	return func(yield func(int) bool) {
		if s.Null() || !s.open('[') {
			return
		}
		i := 0
		for more := !s.closed(']'); more && !s.failed; more = s.more(']') {
			before := s.at
			if !yield(i) {
				s.Fail()
				return
			}
			if s.at == before {
				s.Value()
			}
			i++
		}
	}
}

// Null reads a null if the next value is one, and says whether it was.
func (s *Scanner) Null() bool {
	s.space()
	if s.at < len(s.text) && s.text[s.at] == 'n' {
		s.literal("null")
		return !s.failed
	}
	return false
}

// String reads a string into value. A null leaves the value. Any other value makes the Scanner fail.
func (s *Scanner) String(value *string) {
	if s.Null() {
		return
	}
	if raw, plain := s.quoted(); plain {
		*value = s.Keep(raw[1 : len(raw)-1])
	} else if !s.failed {
		s.unquote(raw, value)
	}
}

// The room for texts that String makes at once, in bytes: at first, and at most.
const (
	firstRoom = 256
	mostRoom  = 4096
)

// Keep returns a copy of text, such as the name of a member. Copies share room, because objects have many short texts, and to allocate one
// costs more than to read it.
func (s *Scanner) Keep(text []byte) string {
	start, room := s.kept.Len(), s.kept.Cap()
	if room-start < len(text) {
		// Those that were returned stay where they are. No more text can come than what is left to read.
		room = min(max(firstRoom, 2*room), mostRoom, len(s.text)-s.at)
		start, s.kept = 0, strings.Builder{}
		s.kept.Grow(len(text) + room)
	}
	s.kept.Write(text)
	return s.kept.String()[start:]
}

// Bool reads true or false into value. A null leaves the value. Any other value makes the Scanner fail.
func (s *Scanner) Bool(value *bool) {
	if s.Null() {
		return
	}
	switch s.next() {
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	default:
		s.Fail()
	}
	if !s.failed {
		*value = s.text[s.at-2] == 'u'
	}
}

// Value reads any value and returns its text without the white space around it; nil when the Scanner has failed.
func (s *Scanner) Value() []byte {
	s.space()
	start := s.at
	s.skip()
	if s.failed {
		return nil
	}
	return s.text[start:s.at:s.at]
}

// Text returns the text of the value that read reads, like Value.
func (s *Scanner) Text(read func()) []byte {
	s.space()
	start := s.at
	if read(); s.failed || s.at == start {
		s.Fail()
		return nil
	}
	return s.text[start:s.at:s.at]
}

// name reads the name of a member and the colon behind it.
func (s *Scanner) name() []byte {
	s.space()
	raw, plain := s.quoted()
	if s.failed {
		return nil
	}
	name := raw[1 : len(raw)-1]
	if !plain {
		var text string
		s.unquote(raw, &text)
		name = []byte(text)
	}
	if s.next() != ':' {
		s.Fail()
		return nil
	}
	s.at++
	s.space()
	return name
}

// skip passes over the value that begins here.
func (s *Scanner) skip() {
	switch c := s.next(); c {
	case '"':
		s.quoted()
	case '{':
		s.open('{')
		for more := !s.closed('}'); more; more = s.more('}') {
			if s.next() != '"' {
				s.Fail()
				return
			}
			s.quoted()
			if s.next() != ':' {
				s.Fail()
				return
			}
			s.at++
			s.skip()
		}
	case '[':
		s.open('[')
		for more := !s.closed(']'); more; more = s.more(']') {
			s.skip()
		}
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	default:
		s.number()
	}
}

// next passes over white space and returns the byte behind it without reading it; 0 at the end. Short enough to be inlined: API servers
// send no white space.
func (s *Scanner) next() byte {
	if s.at < len(s.text) && s.text[s.at] > ' ' {
		return s.text[s.at]
	}
	return s.afterSpace()
}

func (s *Scanner) afterSpace() byte {
	s.space()
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

func (s *Scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\n', '\t', '\r':
			s.at++
		default:
			return
		}
	}
}

// open reads the bracket that begins an object or an array.
func (s *Scanner) open(bracket byte) bool {
	if s.next() != bracket || s.depth >= MaxDepth {
		s.Fail()
		return false
	}
	s.at++
	s.depth++
	return true
}

// closed reads the bracket that ends an object or array if it is next, and says whether it was. A Scanner that has failed is at the end.
func (s *Scanner) closed(bracket byte) bool {
	if s.next() != bracket {
		return s.failed
	}
	s.at++
	s.depth--
	return true
}

// more says whether a member or element follows the one that was read, and reads the comma or the bracket.
func (s *Scanner) more(bracket byte) bool {
	switch s.next() {
	case ',':
		s.at++
		return true
	case bracket:
		s.at++
		s.depth--
	default:
		s.Fail()
	}
	return false
}

func (s *Scanner) literal(want string) {
	if end := s.at + len(want); end <= len(s.text) && string(s.text[s.at:end]) == want {
		s.at = end
		return
	}
	s.Fail()
}

// number reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func (s *Scanner) number() {
	if s.is('-') {
		s.at++
	}
	if s.is('0') {
		s.at++
	} else {
		s.digits()
	}
	if s.is('.') {
		s.at++
		s.digits()
	}
	if s.is('e') || s.is('E') {
		s.at++
		if s.is('+') || s.is('-') {
			s.at++
		}
		s.digits()
	}
}

func (s *Scanner) is(c byte) bool { return s.at < len(s.text) && s.text[s.at] == c }

// digits reads one digit or more.
func (s *Scanner) digits() {
	start := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' <= 9 {
		s.at++
	}
	if s.at == start {
		s.Fail()
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)
