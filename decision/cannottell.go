package decision

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Unable says that a rule could not decide. It is not a refusal: the serving side answers HTTP 5xx.
type Unable struct {
	// Err says what failed. It reaches the API server's log and the user, so it must not carry secrets.
	Err error
	// RetryAfter says when asking again may help: the API server's webhook client honours it within the webhook's
	// timeout. Negative: asking again does not help, and no Retry-After is sent. Zero: at once.
	RetryAfter time.Duration
}

const cannotDecide = "cannot decide: "

// Error implements error. An Unable often wraps that of a look-up: that nothing can be decided is said once, in front.
func (u *Unable) Error() string {
	return cannotDecide + strings.ReplaceAll(u.Err.Error(), cannotDecide, "")
}

// Unwrap gives errors.Is and errors.As the cause.
func (u *Unable) Unwrap() error { return u.Err }

// CannotTell makes the error of a rule that could not decide, for example because a look-up failed.
// Asking again does not help unless the caller sets RetryAfter on the result.
func CannotTell(format string, args ...any) *Unable {
	return &Unable{Err: fmt.Errorf(format, args...), RetryAfter: -1}
}

// RetryAfter returns how long to wait before the same question may get an answer, and whether asking again helps
// at all. Errors that are not an [Unable] do not.
func RetryAfter(err error) (time.Duration, bool) {
	var unable *Unable
	if errors.As(err, &unable) && unable.RetryAfter >= 0 {
		return unable.RetryAfter, true
	}
	return 0, false
}
