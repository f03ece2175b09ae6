package validate

// What the rules found, gathered for one answer: some of it as field errors of our own, some as causes that the API server
// gave.

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// findings are the results of the rules of one review.
type findings struct {
	causes []metav1.StatusCause
	result decision.Decision // warnings and audit annotations only
}

// add takes the errors of a rule.
func (f *findings) add(errs field.ErrorList) {
	for _, err := range errs {
		f.addCause(metav1.StatusCause{Type: metav1.CauseType(err.Type), Message: err.ErrorBody(), Field: err.Field})
	}
}

// maxCauses is how many faults are told. A hostile object may have one every few bytes, and nobody reads more than these.
const maxCauses = 200

// full says that more faults would not be told, so that a rule need not look for them.
func (f *findings) full() bool { return len(f.causes) >= maxCauses }

// addCause takes one fault. Two rules may find the same one; it is told once.
func (f *findings) addCause(cause metav1.StatusCause) {
	if !f.full() && !f.has(cause) {
		f.causes = append(f.causes, cause)
	}
}

// has says whether a fault was found already.
func (f *findings) has(cause metav1.StatusCause) bool { return slices.Contains(f.causes, cause) }

// warn takes a warning for the user.
func (f *findings) warn(warning string) { f.result.Warn(warning) }

// warnOf takes errors that are no reason to refuse.
func (f *findings) warnOf(errs field.ErrorList) {
	for _, err := range errs {
		f.warn(err.Error())
	}
}

// annotate takes an audit annotation.
func (f *findings) annotate(key, value string) { f.result.Annotate(key, value) }

// decision refuses when there is any cause. Warnings and annotations go with it either way.
func (f *findings) decision() decision.Decision {
	answer := decision.Allow()
	if len(f.causes) > 0 {
		answer = decision.Invalid(field.ErrorList{{}})
		answer.Causes = f.causes
		answer.Message = causesText(f.causes)
	}
	answer.Warnings, answer.Audit = f.result.Warnings, f.result.Audit
	return answer
}

// causesText writes causes the way a list of field errors is written: one bare, several in brackets.
func causesText(causes []metav1.StatusCause) string {
	texts := make([]string, len(causes))
	for i, cause := range causes {
		texts[i] = cause.Field + ": " + cause.Message
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// below puts a path before that of a cause which is relative to it. A cause without a field of its own is about all that is there.
func below(path *field.Path, cause metav1.StatusCause) metav1.StatusCause {
	if cause.Field == "" {
		cause.Field = path.String()
	} else {
		cause.Field = path.String() + "." + cause.Field
	}
	return cause
}

// quoted lists words in a message.
func quoted[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprintf("%q", string(value))
	}
	return strings.Join(texts, ", ")
}
