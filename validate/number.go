package validate

// Which numbers are valid, where fields of several kinds have the same rule.

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// nonNegative refuses a number below 0; an absent one is valid.
func nonNegative(value *int32, path *field.Path) field.ErrorList {
	if value != nil && *value < 0 {
		return field.ErrorList{field.Invalid(path, *value, "must be 0 or more")}
	}
	return nil
}

// isDigits reports whether a text is digits and nothing else, at least one.
func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
