package v1beta1

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PubOperations lists everything that a budget can be asked about.
func PubOperations() []PubOperation {
	return []PubOperation{PubDeleteOperation, PubUpdateOperation, PubEvictOperation, PubResizeOperation}
}

// ParseProtectOperations reads the value of [ProtectOperationsAnnotation]: operations separated by commas, where blanks around them and
// empty items do not count. It returns the operations that there are, and an error that names the first item that is none.
func ParseProtectOperations(text string) (operations []PubOperation, err error) {
	for item := range strings.SplitSeq(text, ",") {
		operation := PubOperation(strings.TrimSpace(item))
		switch {
		case operation == "":
		case slices.Contains(PubOperations(), operation):
			operations = append(operations, operation)
		case err == nil:
			err = fmt.Errorf("%q is none of DELETE, UPDATE, EVICT and RESIZE", operation)
		}
	}
	return operations, err
}

// FormatProtectOperations writes operations as the value of [ProtectOperationsAnnotation].
func FormatProtectOperations(operations []PubOperation) string {
	texts := make([]string, len(operations))
	for i, operation := range operations {
		texts[i] = string(operation)
	}
	return strings.Join(texts, ",")
}

// ParseTotalReplicas reads the value of [ProtectTotalReplicasAnnotation], a decimal number of 32 bits.
func ParseTotalReplicas(text string) (int32, error) {
	number, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q is not a decimal number of at most 32 bits", text)
	}
	return int32(number), nil
}

// FormatTotalReplicas writes a number as the value of [ProtectTotalReplicasAnnotation].
func FormatTotalReplicas(number int32) string { return strconv.FormatInt(int64(number), 10) }
