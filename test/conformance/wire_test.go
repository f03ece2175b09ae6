package conformance

// What the cases about the HTTP body compare beyond the decision.

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// wireDifference compares HTTP status, uid, and the code of a refusal, where the recording has them.
func wireDifference(c *recorded.Case, got reply) string {
	want := c.Expect.HTTPStatus
	if want == 0 {
		want = http.StatusOK
	}
	if got.httpStatus != want {
		return fmt.Sprintf("HTTP %d, recorded: HTTP %d", got.httpStatus, want)
	}
	var expected review
	if got.response == nil || json.Unmarshal(c.Expect.Answer, &expected) != nil || expected.Response == nil {
		return ""
	}
	if got.response.UID != expected.Response.UID {
		return fmt.Sprintf("uid %q, recorded: %q", got.response.UID, expected.Response.UID)
	}
	if code := expected.Response.Status.Code; !got.response.Allowed && got.response.Status.Code != code {
		return fmt.Sprintf("code %d, recorded: %d (%s)", got.response.Status.Code, code, expected.Response.Status.Message)
	}
	return ""
}
