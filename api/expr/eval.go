package expr

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// value is a plain number, or a quantity if that is set. Quantities are never changed in place.
type value struct {
	number   float64
	quantity *resource.Quantity
}

// scope binds the one variable.
type scope struct {
	name  string
	value resource.Quantity
}

type (
	literalNode  struct{ value value }
	variableNode struct{ name string }
	negation     struct{ operand node }
	// binary is an operator, or max or min.
	binary struct {
		operator    string
		left, right node
	}
)

// errNegative is told apart by Check.
var errNegative = errors.New("is negative")

// Eval computes the expression for one value of its [Expr.Variable]. The result has the format (binary or decimal) that the
// operands give it, and may have fractions down to a thousandth, also for memory. It fails if another variable is used, if quantities
// are multiplied or divided by each other, for a division by zero, if something does not fit into 64 bits of thousandths,
// and if the result is negative.
func (e *Expr) Eval(variable resource.Quantity) (resource.Quantity, error) {
	if !bounded(variable) {
		return resource.Quantity{}, fmt.Errorf("value of %s is too large to calculate with", e.variable)
	}
	result, err := e.root.eval(scope{name: e.variable, value: variable})
	if err != nil {
		return resource.Quantity{}, err
	}
	quantity, err := result.asQuantity()
	if err != nil {
		return resource.Quantity{}, err
	}
	if result.number < 0 || quantity.Sign() < 0 {
		return resource.Quantity{}, fmt.Errorf("result %s %w: use max(..., 0)", quantity.String(), errNegative)
	}
	return quantity.DeepCopy(), nil
}

func (n *literalNode) eval(scope) (value, error) { return n.value, nil }

func (n *variableNode) eval(scope scope) (value, error) {
	if !strings.EqualFold(n.name, scope.name) {
		return value{}, fmt.Errorf("variable %q is not defined here: this expression may use %s", n.name, scope.name)
	}
	return value{quantity: &scope.value}, nil
}

func (n *negation) eval(scope scope) (value, error) {
	operand, err := n.operand.eval(scope)
	if err != nil || operand.quantity == nil {
		return value{number: -operand.number}, err
	}
	negative := operand.quantity.DeepCopy()
	negative.Neg()
	return value{quantity: &negative}, nil
}

func (n *binary) eval(scope scope) (value, error) {
	left, err := n.left.eval(scope)
	if err != nil {
		return value{}, err
	}
	right, err := n.right.eval(scope)
	if err != nil {
		return value{}, err
	}
	switch n.operator {
	case "*":
		return multiply(left, right)
	case "/":
		return divide(left, right)
	}
	if left.quantity == nil && right.quantity == nil {
		return value{number: combineNumbers(n.operator, left.number, right.number)}, nil
	}
	l, err := left.asQuantity()
	if err != nil {
		return value{}, err
	}
	r, err := right.asQuantity()
	if err != nil {
		return value{}, err
	}
	return value{quantity: combineQuantities(n.operator, l, r)}, nil
}

func multiply(left, right value) (value, error) {
	switch {
	case left.quantity != nil && right.quantity != nil:
		return value{}, errors.New("two quantities cannot be multiplied: one side of * must be a plain number, such as 0.5 or 50%")
	case left.quantity != nil:
		return scale(left.quantity, func(milli float64) float64 { return milli * right.number })
	case right.quantity != nil:
		return scale(right.quantity, func(milli float64) float64 { return milli * left.number })
	default:
		return value{number: left.number * right.number}, nil
	}
}

func divide(left, right value) (value, error) {
	switch {
	case right.quantity != nil:
		return value{}, errors.New("a quantity cannot be a divisor: the right side of / must be a plain number")
	case right.number == 0:
		return value{}, errors.New("division by zero")
	case left.quantity != nil:
		return scale(left.quantity, func(milli float64) float64 { return milli / right.number })
	default:
		return value{number: left.number / right.number}, nil
	}
}

func combineNumbers(operator string, left, right float64) float64 {
	switch operator {
	case "+":
		return left + right
	case "-":
		return left - right
	case "max":
		return max(left, right)
	default:
		return min(left, right)
	}
}

// combineQuantities gives a sum or difference the format of the left operand, or of the right one when the left is zero; that is what
// Quantity.Add and Sub do. Of equals, max and min take the left one.
func combineQuantities(operator string, left, right *resource.Quantity) *resource.Quantity {
	switch operator {
	case "+", "-":
		result := left.DeepCopy()
		if operator == "+" {
			result.Add(*right)
		} else {
			result.Sub(*right)
		}
		return &result
	case "max":
		if right.Cmp(*left) > 0 {
			return right
		}
	case "min":
		if right.Cmp(*left) < 0 {
			return right
		}
	}
	return left
}

// bounded keeps out quantities such as 1e999999999, which take a few bytes to write and gigabytes to add up.
func bounded(quantity resource.Quantity) bool {
	dec := quantity.AsDec()
	return dec.Scale() > -30 && dec.UnscaledBig().BitLen() < 128
}

// scale applies a float operation to the thousandths of a quantity and cuts off the rest.
func scale(quantity *resource.Quantity, operation func(milli float64) float64) (value, error) {
	if quantity.CmpInt64(math.MaxInt64/1000) > 0 || quantity.CmpInt64(math.MinInt64/1000) < 0 {
		return value{}, fmt.Errorf("%s is too large to calculate with", quantity.String())
	}
	return milliQuantity(operation(float64(quantity.MilliValue())), quantity.Format)
}

// asQuantity makes a decimal quantity of a plain number, cutting off what is below a thousandth.
func (v value) asQuantity() (*resource.Quantity, error) {
	if v.quantity != nil {
		return v.quantity, nil
	}
	converted, err := milliQuantity(v.number*1000, resource.DecimalSI)
	return converted.quantity, err
}

func milliQuantity(milli float64, format resource.Format) (value, error) {
	// Also false for NaN. -1<<63 is a float64, 1<<63-1 is not.
	if !(milli >= math.MinInt64 && milli < math.MaxInt64) {
		return value{}, fmt.Errorf("result of %g thousandths is too large to calculate with", milli)
	}
	return value{quantity: resource.NewMilliQuantity(int64(milli), format)}, nil
}
