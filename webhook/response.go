package webhook

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/api/rawjson"
	"github.com/kruise-admission/kruise-admission/decision"
)

// allowance is the answer that allows: what json.Marshal makes of an AdmissionResponse whose status has the code 200 and no more, but
// for the spelling of text. It is written in one go, because json.Marshal reads every value of a patch twice more.
// The error names an operation whose value is no JSON.
func allowance(room *[]byte, review *envelope, d decision.Decision) ([]byte, error) {
	// The patch comes first in the room, and the answer, which has it in base64, behind it.
	b, err := encodePatch((*room)[:0], d.Patch)
	if err != nil {
		return nil, err
	}
	patch := b
	b = slices.Grow(b, 512+base64.StdEncoding.EncodedLen(len(patch)))
	b = append(b, `{"kind":`...)
	b = appendText(b, review.Kind)
	b = append(b, `,"apiVersion":`...)
	b = appendText(b, review.APIVersion)
	b = append(b, `,"response":{"uid":`...)
	b = appendText(b, string(review.Request.UID))
	b = append(b, `,"allowed":true,"status":{"metadata":{},"code":`...)
	b = strconv.AppendInt(b, http.StatusOK, 10)
	b = append(b, '}')
	if len(d.Patch) > 0 {
		b = append(b, `,"patch":"`...)
		b = base64.StdEncoding.AppendEncode(b, patch)
		b = append(b, `","patchType":"`+admissionv1.PatchTypeJSONPatch+`"`...)
	}
	if len(d.Audit) > 0 {
		b = append(b, `,"auditAnnotations":{`...)
		for i, key := range sortedKeys(d.Audit) {
			b = appendComma(b, i)
			b = appendText(b, key)
			b = append(b, ':')
			b = appendText(b, d.Audit[key])
		}
		b = append(b, '}')
	}
	if len(d.Warnings) > 0 {
		b = append(b, `,"warnings":[`...)
		for i, warning := range d.Warnings {
			b = appendComma(b, i)
			b = appendText(b, warning)
		}
		b = append(b, ']')
	}
	b = append(b, "}}"...)
	if cap(b) <= mostAnswerRoom {
		*room = b
	}
	return b[len(patch):], nil
}

// sortedKeys of a map that most often has one.
func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, 4)
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// answerRooms holds room for answers, which nothing refers to once they are written.
var answerRooms = sync.Pool{New: func() any { return new([]byte) }}

// mostAnswerRoom is the most room that is kept for the next answer, in bytes.
const mostAnswerRoom = 128 << 10

// encodePatch appends a JSON Patch to b; nothing when there is nothing to change.
func encodePatch(b []byte, patch []decision.Operation) ([]byte, error) {
	if len(patch) == 0 {
		return b, nil
	}
	size := 2
	for _, operation := range patch {
		size += 40 + len(operation.Path) + len(operation.Value)
	}
	b = append(slices.Grow(b, size), '[')
	for i, operation := range patch {
		b = appendComma(b, i)
		b = append(b, `{"op":`...)
		b = appendText(b, operation.Op)
		b = append(b, `,"path":`...)
		b = appendText(b, operation.Path)
		if len(operation.Value) > 0 {
			// A broken value is an error here, where failurePolicy counts; the API server takes a broken patch for fatal.
			if !valid(operation.Value) {
				return nil, fmt.Errorf("encode the patch: the value of operation %d, %s %s, is no JSON", i, operation.Op, operation.Path)
			}
			b = append(b, `,"value":`...)
			b = append(b, operation.Value...)
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

func valid(value []byte) bool {
	s := rawjson.New(value)
	s.Value()
	return s.Done() || json.Valid(value)
}

func appendComma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

// appendText encodes a string.
func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' {
			raw, _ := json.Marshal(text) // a string always encodes
			return append(b, raw...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}
