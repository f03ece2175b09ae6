package decision

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Decision is the answer of a rule to one AdmissionRequest.
// The zero value refuses: a rule that forgets to decide never lets anything through.
type Decision struct {
	// Allowed says whether the request may go on.
	Allowed bool
	// Code is the HTTP status that the user sees on a refusal: 400 (the object cannot be read), 403 (policy),
	// 422 (the object is invalid), for evictions 429 (not now) or, for one object of a collection that is being deleted,
	// 404 (keep it and go on with the next). Ignored when Allowed.
	Code int32
	// Reason is the machine-readable class of a refusal, such as Forbidden or Invalid.
	Reason metav1.StatusReason
	// Message is what the user reads: lower case, names field and value, says the remedy.
	Message string
	// Causes lists every offending field of a refusal, spelled as in the version that the user sent.
	Causes []metav1.StatusCause
	// Warnings are shown to the user by kubectl; the API server cuts each at 256 characters and all at 4096.
	Warnings []string
	// Audit goes into the audit event of the request. Keys are unqualified; the API server prefixes them with the
	// webhook's name.
	Audit map[string]string
	// Patch changes the raw object of the request; empty when there is nothing to change. Only with Allowed.
	Patch []Operation
}

// Reviewer decides AdmissionRequests of one endpoint. The request belongs to the caller and must not be changed.
// An error means "cannot tell" (see [CannotTell]); the Decision is then ignored.
type Reviewer interface {
	Review(ctx context.Context, request *admissionv1.AdmissionRequest) (Decision, error)
}

// ReviewerFunc lets a function be a Reviewer.
type ReviewerFunc func(ctx context.Context, request *admissionv1.AdmissionRequest) (Decision, error)

// Review calls f.
func (f ReviewerFunc) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (Decision, error) {
	return f(ctx, request)
}

// Allow lets the request go on unchanged.
func Allow() Decision { return Decision{Allowed: true} }

// AllowWithPatch lets the request go on with the changes of patch, which may be empty.
func AllowWithPatch(patch []Operation) Decision { return Decision{Allowed: true, Patch: patch} }

// Forbid refuses by policy (403, reason Forbidden).
func Forbid(message string) Decision {
	return Decision{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: message}
}

// Malformed refuses an object that cannot be read (400, reason BadRequest).
func Malformed(message string) Decision {
	return Decision{Code: http.StatusBadRequest, Reason: metav1.StatusReasonBadRequest, Message: message}
}

// Invalid refuses an object whose fields are wrong (422, reason Invalid): one cause per error, and a message that
// repeats them all. It allows when errs is empty, so that a rule may end with it.
func Invalid(errs field.ErrorList) Decision {
	if len(errs) == 0 {
		return Allow()
	}
	causes := make([]metav1.StatusCause, len(errs))
	for i, err := range errs {
		causes[i] = metav1.StatusCause{Type: metav1.CauseType(err.Type), Message: err.ErrorBody(), Field: err.Field}
	}
	return Decision{
		Code:    http.StatusUnprocessableEntity,
		Reason:  metav1.StatusReasonInvalid,
		Message: errs.ToAggregate().Error(),
		Causes:  causes,
	}
}

const (
	// maxWarnings is far more than the API server shows: 4096 characters in all.
	maxWarnings = 100
	// maxWarning is the most bytes of a warning that are kept, of which the API server shows 256 characters.
	maxWarning = 1024
)

// Warn adds a warning to d, dropping exact repetitions and those beyond the hundredth, and cuts it if it is long: a hostile object may give reason
// for one every few bytes, and each may quote megabytes of it.
func (d *Decision) Warn(warning string) { d.Warnf("%s", warning) }

// Warnf is Warn for a text that is made only if it is kept. Arguments that are texts are cut, too.
func (d *Decision) Warnf(format string, args ...any) {
	if len(d.Warnings) == maxWarnings {
		return
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = shorten(text)
		}
	}
	warning := shorten(fmt.Sprintf(format, args...))
	if !slices.Contains(d.Warnings, warning) {
		d.Warnings = append(d.Warnings, warning)
	}
}

// shorten cuts a warning, or what it quotes.
func shorten(text string) string {
	if len(text) <= maxWarning {
		return text
	}
	return strings.ToValidUTF8(text[:maxWarning], "") + "..."
}

// Annotate adds an audit annotation to d.
func (d *Decision) Annotate(key, value string) {
	if d.Audit == nil {
		d.Audit = map[string]string{}
	}
	d.Audit[key] = value
}
