package expr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// kind classifies a token. Operators and punctuation are their own byte.
type kind rune

const (
	end        kind = -1
	identifier kind = 'i'
	literal    kind = 'n'
)

type token struct {
	kind   kind
	text   string
	offset int
	// value and malformed belong to literals.
	value     value
	malformed bool
}

func (t token) String() string {
	if t.kind == end {
		return "end of expression"
	}
	return strconv.Quote(t.text)
}

// lexer cuts an expression into tokens. A NUL byte ends the input.
type lexer struct {
	text string
	next int
}

func (l *lexer) token() (token, error) {
	for l.next < len(l.text) && strings.IndexByte(" \t\r\n\v\f", l.text[l.next]) >= 0 {
		l.next++
	}
	start := l.next
	if start == len(l.text) || l.text[start] == 0 {
		return token{kind: end, offset: start}, nil
	}
	switch c := l.text[start]; {
	case strings.IndexByte("+-*/(),", c) >= 0:
		l.next++
		return token{kind: kind(c), text: l.text[start:l.next], offset: start}, nil
	case isLetter(c):
		for l.next < len(l.text) && (isLetter(l.text[l.next]) || isDigit(l.text[l.next]) || l.text[l.next] == '_') {
			l.next++
		}
		return token{kind: identifier, text: l.text[start:l.next], offset: start}, nil
	case isDigit(c) || c == '.':
		l.next += literalLength(l.text[start:])
		return literalToken(l.text[start:l.next], start)
	default:
		return token{}, fmt.Errorf("unexpected character %q at offset %d", c, start)
	}
}

// literalLength says how far a literal reaches that starts text: digits, a point, an exponent and a percent sign, each at its place
// and at most once, and at last a run of letters, which ends it.
func literalLength(text string) int {
	var point, exponent, percent bool
	pending := false // after the exponent mark or its sign, before a digit
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			pending = false
		case c == '.' && !point && !exponent && !percent:
			point = true
		case (c == 'e' || c == 'E') && !exponent && !percent:
			exponent, pending = true, true
		case (c == '+' || c == '-') && pending && text[i-1] != '+' && text[i-1] != '-':
		case c == '%' && !percent:
			percent, pending = true, false
		case isLetter(c) && !pending:
			for i < len(text) && isLetter(text[i]) {
				i++
			}
			return i
		default:
			return i
		}
	}
	return len(text)
}

// unit matches what makes a literal a quantity, after the part that could be a number. E and Ei are none, because E
// starts an exponent; neither are K, n and u.
var unit = regexp.MustCompile(`^[0-9.eE+-]*(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)$`)

func literalToken(text string, offset int) (token, error) {
	t := token{kind: literal, text: text, offset: offset}
	if unit.MatchString(text) {
		quantity, err := resource.ParseQuantity(text)
		if err != nil {
			return token{}, fmt.Errorf("%q at offset %d is not a quantity", text, offset)
		}
		t.value = value{quantity: &quantity}
		return t, nil
	}
	digits, percent := strings.CutSuffix(text, "%")
	// An overflow is no syntax error: ParseFloat then returns an infinity, which fails where it is used.
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil && number == 0 {
		t.malformed = true
	}
	if percent {
		number /= 100
	}
	t.value = value{number: number}
	return t, nil
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
