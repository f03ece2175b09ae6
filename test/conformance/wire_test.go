package conformance

// What the cases about the HTTP body compare beyond the decision.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

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

func TestWireDifference(t *testing.T) {
	const recordedAnswer = `{"response":{"uid":"u","allowed":false,"status":{"code":400}}}`
	answer := func(uid string, allowed bool, code int32) reply {
		r := &response{UID: uid, Allowed: allowed}
		r.Status.Code = code
		return reply{httpStatus: http.StatusOK, response: r}
	}
	for name, test := range map[string]struct {
		expect recorded.Expect
		got    reply
		same   bool
	}{
		"no answer recorded":  {recorded.Expect{}, answer("u", false, 403), true},
		"the same":            {recorded.Expect{Answer: []byte(recordedAnswer)}, answer("u", false, 400), true},
		"another uid":         {recorded.Expect{Answer: []byte(recordedAnswer)}, answer("", false, 400), false},
		"another code":        {recorded.Expect{Answer: []byte(recordedAnswer)}, answer("u", false, 500), false},
		"another HTTP status": {recorded.Expect{}, reply{httpStatus: http.StatusNotFound}, false},
		"not found, as recorded": {
			recorded.Expect{HTTPStatus: http.StatusNotFound, Answer: []byte(`"404 page not found"`)}, reply{httpStatus: http.StatusNotFound}, true,
		},
		"found, recorded as not": {recorded.Expect{HTTPStatus: http.StatusNotFound}, answer("u", false, 400), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wireDifference(&recorded.Case{Expect: test.expect}, test.got); (got == "") != test.same {
				t.Errorf("got %q", got)
			}
		})
	}
}
