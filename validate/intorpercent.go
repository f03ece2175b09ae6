package validate

// How integers-or-percentages are read. OpenKruise reads them in several ways (spec/validate-workload-common.md 3); E1, E2 and so
// on are the names in that table.

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// scaledPercent is E1 (CloneSet's partition, maxUnavailable and maxSurge): an integer as it is, whatever its sign, or
// a percentage of total, rounded up. Decimals, signs and exponents are read; a string without "%" is an error.
//
// "Inf%" and "NaN%" have no integer, so they are errors here; OpenKruise's answer depends on the processor.
func scaledPercent(value intstr.IntOrString, total int) (int, error) {
	if value.Type == intstr.Int {
		return int(value.IntVal), nil
	}
	number, isPercent := strings.CutSuffix(value.StrVal, "%")
	if !isPercent {
		return 0, fmt.Errorf("must be an integer or a percentage such as \"20%%\"; write %q without quotes or with %%", value.StrVal)
	}
	percent, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a percentage such as \"20%%\"", value.StrVal)
	}
	scaled := math.Ceil(percent * float64(total) / 100)
	if math.IsNaN(scaled) || math.Abs(scaled) > math.MaxInt32 {
		return 0, fmt.Errorf("%q of %d is out of range", value.StrVal, total)
	}
	return int(scaled), nil
}

// nonNegativeIntOrPercent is E2 (SidecarSet's partition and maxUnavailable, StatefulSet, DaemonSet): an integer of at
// least 0, or digits followed by "%" with no upper bound.
func nonNegativeIntOrPercent(value intstr.IntOrString, path *field.Path) field.ErrorList {
	if value.Type == intstr.Int {
		if value.IntVal < 0 {
			return field.ErrorList{field.Invalid(path, value.IntVal, "must be 0 or more, or a percentage such as \"20%\"")}
		}
		return nil
	}
	if len(validation.IsValidPercent(value.StrVal)) > 0 {
		return field.ErrorList{field.Invalid(path, value.StrVal,
			"must be digits followed by % (such as \"20%\"), or an integer without quotes")}
	}
	return nil
}

// asWritten is a value as a field error shows it: a text in quotes, a number without.
func asWritten(value *intstr.IntOrString) any {
	switch {
	case value == nil:
		return "not set"
	case value.Type == intstr.String:
		return value.StrVal
	default:
		return value.IntVal
	}
}

// textOf is a value inside a sentence.
func textOf(value *intstr.IntOrString) string {
	if value == nil {
		return "not set"
	}
	return value.String()
}

// moreThanAll warns of percentages above 100.
func moreThanAll(value *intstr.IntOrString, path *field.Path, found *findings) {
	if value == nil || value.Type != intstr.String {
		return
	}
	number, isPercent := strings.CutSuffix(value.StrVal, "%")
	if percent, err := strconv.ParseFloat(number, 64); isPercent && err == nil && percent > 100 {
		found.warn(fmt.Sprintf("%s is %q: more than 100%% means all pods", path, value.StrVal))
	}
}
