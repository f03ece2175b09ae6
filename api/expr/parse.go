package expr

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// maxLength bounds an expression, in bytes, and with it the nesting, so that no input exhausts the stack. It is far beyond what
// anybody writes.
const maxLength = 4096

// Expr is a parsed expression. It is immutable and safe for concurrent use.
type Expr struct {
	root     node
	variable string
	// malformed lists the literals that count as 0.
	malformed []token
	// names lists the variables as they are written.
	names []string
}

// node is a *literalNode, *variableNode, *negation or *binary.
type node interface {
	eval(scope scope) (value, error)
}

// memoryWord decides which variable an expression may use. It is case-sensitive although names are not: OpenKruise binds cpu in
// "MEMORY*2", which then fails. Check says so.
var memoryWord = regexp.MustCompile(`\bmemory\b`)

// Parse reads an expression. It fails for wrong syntax, unknown functions and wrong numbers of arguments; names and types are
// matters of Eval and Check.
func Parse(text string) (*Expr, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("expression of %d bytes is too long: at most %d are allowed", len(text), maxLength)
	}
	p := parser{lexer: lexer{text: text}, expr: &Expr{variable: "cpu"}}
	if memoryWord.MatchString(text) {
		p.expr.variable = "memory"
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.current.kind == end {
		return nil, errors.New("expression is empty: write one such as cpu*50%")
	}
	root, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.current.kind != end {
		return nil, p.unexpected("an operator")
	}
	p.expr.root = root
	return p.expr, nil
}

// Variable is the one name that Eval binds: memory if the expression contains that word in lower case, otherwise cpu.
func (e *Expr) Variable() string { return e.variable }

// parser descends recursively: sum := product (("+"|"-") product)*, product := factor (("*"|"/") factor)*.
type parser struct {
	lexer   lexer
	current token
	expr    *Expr
}

func (p *parser) advance() (err error) {
	p.current, err = p.lexer.token()
	return err
}

// expect consumes the current token, which must be of that kind.
func (p *parser) expect(kind kind) error {
	if p.current.kind != kind {
		return p.unexpected(fmt.Sprintf("%q", kind))
	}
	return p.advance()
}

func (p *parser) unexpected(wanted string) error {
	return fmt.Errorf("unexpected %s at offset %d: expected %s", p.current, p.current.offset, wanted)
}

func (p *parser) sum() (node, error) { return p.leftAssociative("+-", p.product) }

func (p *parser) product() (node, error) { return p.leftAssociative("*/", p.factor) }

func (p *parser) leftAssociative(operators string, operand func() (node, error)) (node, error) {
	left, err := operand()
	for err == nil && p.current.kind != end && strings.ContainsRune(operators, rune(p.current.kind)) {
		operator := p.current
		if err = p.advance(); err != nil {
			break
		}
		var right node
		if right, err = operand(); err == nil {
			left = &binary{operator: operator.text, left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) factor() (node, error) {
	first := p.current
	switch first.kind {
	case literal:
		if first.malformed {
			p.expr.malformed = append(p.expr.malformed, first)
		}
		return &literalNode{first.value}, p.advance()
	case '-':
		if err := p.advance(); err != nil {
			return nil, err
		}
		operand, err := p.factor()
		return &negation{operand}, err
	case '(':
		if err := p.advance(); err != nil {
			return nil, err
		}
		inner, err := p.sum()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(')')
	case identifier:
		if err := p.advance(); err != nil {
			return nil, err
		}
		if p.current.kind == '(' {
			return p.call(first)
		}
		p.expr.names = append(p.expr.names, first.text)
		return &variableNode{first.text}, nil
	default:
		return nil, p.unexpected("a number, a quantity, a variable or a function")
	}
}

func (p *parser) call(name token) (node, error) {
	function := strings.ToLower(name.text)
	if function != "max" && function != "min" {
		return nil, fmt.Errorf("unknown function %q at offset %d: there are max and min", name.text, name.offset)
	}
	if err := p.expect('('); err != nil {
		return nil, err
	}
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.current.kind == ')' {
		return nil, fmt.Errorf("%s at offset %d has one argument: it takes two", function, name.offset)
	}
	if err := p.expect(','); err != nil {
		return nil, err
	}
	right, err := p.sum()
	if err != nil {
		return nil, err
	}
	return &binary{operator: function, left: left, right: right}, p.expect(')')
}
