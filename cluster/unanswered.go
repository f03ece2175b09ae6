package cluster

import (
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Unanswered turns a failed call of the API server into "cannot tell", with what it said about asking again: after a second where it
// is overloaded, broken or out of reach, unless it named another time; not at all where it was definite. doing says what failed, such as
// "list pods".
func Unanswered(doing string, err error) *decision.Unable {
	result := decision.CannotTell("%s: %w", doing, err)
	var status apierrors.APIStatus
	switch {
	case !errors.As(err, &status): // the network; nothing says that it will not work in a moment
		result.RetryAfter = time.Second
	case status.Status().Code == http.StatusTooManyRequests || status.Status().Code >= http.StatusInternalServerError:
		result.RetryAfter = time.Second
		if details := status.Status().Details; details != nil && details.RetryAfterSeconds > 0 {
			result.RetryAfter = time.Duration(details.RetryAfterSeconds) * time.Second
		}
	}
	return result
}
