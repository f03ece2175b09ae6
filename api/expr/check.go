package expr

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Check says whether the expression is worth storing for a resource, cpu or memory, by the name of its variable. It refuses
//
//   - malformed numbers, which Eval takes for 0;
//   - other variables, and MEMORY in other than lower case, which Eval does not find;
//   - what fails for every value of the variable: wrong types, division by zero, overflow, and results that are negative from a
//     thousandth up to 64 bits of thousandths.
//
// OpenKruise tries an expression with the plain number 1 instead. So it accepts cpu*cpu, which fails for every pod, and
// rejects memory-100Mi, which is sensible (spec/inject.md 7.7).
func (e *Expr) Check(variable string) error {
	if len(e.malformed) > 0 {
		return malformed(e.malformed[0])
	}
	for _, name := range e.names {
		switch {
		case !strings.EqualFold(name, variable):
			return fmt.Errorf("variable %q is not defined here: use %s", name, variable)
		case e.variable != variable:
			return fmt.Errorf("variable %q is only found in lower case: write %s", name, variable)
		}
	}
	// Types do not depend on the value of the variable, nor do divisors, because only plain numbers can be divisors and
	// whatever the variable touches is a quantity.
	_, err := e.Eval(*resource.NewQuantity(1, resource.DecimalSI))
	if !errors.Is(err, errNegative) {
		return err
	}
	for milli := int64(1); milli > 0; milli <<= 1 {
		if _, err := e.Eval(*resource.NewMilliQuantity(milli, resource.DecimalSI)); err == nil {
			return nil
		}
	}
	return fmt.Errorf("result is negative whatever %s is", variable)
}

// units explains suffixes that look like units and are none.
var units = map[string]string{"K": "k or Ki", "n": "m", "u": "m", "E": "P", "MB": "M or Mi", "GB": "G or Gi", "KB": "k or Ki", "b": "no unit", "B": "no unit"}

func malformed(literal token) error {
	suffix := strings.TrimLeft(literal.text, "0123456789.")
	if instead, ok := units[suffix]; ok {
		return fmt.Errorf("%q at offset %d is not a number: %s is not a unit here, use %s", literal.text, literal.offset, suffix, instead)
	}
	return fmt.Errorf("%q at offset %d is not a number", literal.text, literal.offset)
}
