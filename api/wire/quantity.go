package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a quantity, far beyond what anybody can mean.
const (
	// maxExponent is the largest exponent, positive or negative.
	maxExponent = 100
	// maxQuantityLength is the largest number of bytes.
	maxQuantityLength = 256
)

var (
	// suspicious finds what may be a number with an exponent of three digits or more, anywhere in an object.
	suspicious = regexp.MustCompile(`[0-9.][eE][+-]?[0-9]{3}`)
	// scientific is such a number and nothing else.
	scientific = regexp.MustCompile(`^\s*[+-]?[0-9.]+[eE]([+-]?[0-9]+)\s*$`)
)

// Where Kubernetes' types have quantities: lists of them, and single ones.
var (
	quantityLists  = map[string]bool{"limits": true, "requests": true, "overhead": true, "capacity": true, "allocatedResources": true}
	quantityFields = map[string]bool{"sizeLimit": true, "divisor": true}
)

// CheckQuantities refuses quantities such as 1e-999999999 and quantities of very many digits. They take a few bytes to write,
// and Kubernetes' library takes minutes and gigabytes to read or compare them, so they must be found before an object is
// decoded into its type. The error names the path of the first one. What is no JSON is left to the decoder.
func CheckQuantities(raw []byte) error {
	// A digit may also be written as an escape.
	if !suspicious.Match(raw) && !hasLongNumber(raw) && !bytes.Contains(raw, []byte(`\u00`)) {
		return nil // almost always
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object any
	if !json.Valid(raw) {
		return nil
	}
	if err := decoder.Decode(&object); err != nil {
		return err
	}
	return checkQuantities(object, false, nil)
}

// hasLongNumber reports whether there are more digits in a row than a quantity may have.
func hasLongNumber(raw []byte) bool {
	run := 0
	for _, b := range raw {
		if ('0' <= b && b <= '9') || b == '.' {
			if run++; run > maxQuantityLength/2 {
				return true
			}
			continue
		}
		run = 0
	}
	return false
}

// checkQuantities looks at the values that are quantities; inside says that every value here is one.
func checkQuantities(value any, inside bool, path []string) error {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			quantity := inside || quantityLists[key] || quantityFields[key]
			if err := checkQuantities(value[key], quantity, append(path, key)); err != nil {
				return err
			}
		}
	case []any:
		for i, child := range value {
			if err := checkQuantities(child, inside, append(path, strconv.Itoa(i))); err != nil {
				return err
			}
		}
	case string:
		if inside {
			return checkQuantity(value, path)
		}
	case json.Number:
		if inside {
			return checkQuantity(value.String(), path)
		}
	}
	return nil
}

func checkQuantity(text string, path []string) error {
	if len(text) > maxQuantityLength {
		return fmt.Errorf("%s: a quantity of %d characters is too long: at most %d", strings.Join(path, "."), len(text), maxQuantityLength)
	}
	match := scientific.FindStringSubmatch(text)
	if match == nil {
		return nil
	}
	if exponent, err := strconv.Atoi(match[1]); err != nil || exponent > maxExponent || exponent < -maxExponent {
		return fmt.Errorf("%s: the exponent of quantity %q must be between -%d and %d", strings.Join(path, "."), text, maxExponent, maxExponent)
	}
	return nil
}
