package webhook

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/decision"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// decodeReview reads an AdmissionReview as the API server reads JSON: member names are case-sensitive and unknown members
// are ignored. The error is for the caller of the webhook.
func decodeReview(body []byte) (*envelope, error) {
	if len(body) == 0 {
		return nil, fmt.Errorf("the request body is empty, expected an AdmissionReview")
	}
	// RFC 8259 section 8.1 lets a reader ignore a byte order mark; OpenKruise does.
	review, err := readEnvelope(bytes.TrimPrefix(body, byteOrderMark))
	if err != nil {
		return nil, fmt.Errorf("the request body is no AdmissionReview: %w", err)
	}
	switch review.APIVersion {
	case admissionv1.SchemeGroupVersion.String(), admissionv1beta1.SchemeGroupVersion.String():
	default:
		return nil, fmt.Errorf("apiVersion: unsupported value %q, expected %q or %q",
			short(review.APIVersion), admissionv1.SchemeGroupVersion, admissionv1beta1.SchemeGroupVersion)
	}
	if review.Kind != "AdmissionReview" {
		return nil, fmt.Errorf("kind: unsupported value %q, expected \"AdmissionReview\"", short(review.Kind))
	}
	if review.Request == nil {
		return nil, fmt.Errorf("request: required, the AdmissionReview has none")
	}
	// Rules allow what they have no business with. A request that says nothing at all must not pass for that (case wire-request-empty);
	// one that has an object and no operation is allowed, as it is recorded.
	if r := review.Request; r.Operation == "" && len(r.Object.Raw) == 0 && len(r.OldObject.Raw) == 0 {
		return nil, fmt.Errorf("request.operation: required, the AdmissionReview has neither an operation nor an object")
	}
	return review, nil
}

// answer is the AdmissionReview that goes back. admissionv1.AdmissionReview has no place for an answer without
// apiVersion, and would repeat the request.
type answer struct {
	metav1.TypeMeta `json:",inline"`
	Response        *admissionv1.AdmissionResponse `json:"response"`
}

// encodeDecision wraps a decision in the version of the review that asked. The answer may be in the room that it is given, which may grow for it.
func encodeDecision(room *[]byte, review *envelope, d decision.Decision) ([]byte, error) {
	if d.Allowed {
		return allowance(room, review, d)
	}
	return json.Marshal(answer{TypeMeta: review.TypeMeta, Response: &admissionv1.AdmissionResponse{
		UID:              review.Request.UID,
		Result:           refusalStatus(review.Request, d),
		Warnings:         d.Warnings,
		AuditAnnotations: d.Audit,
	}})
}

// maxMessage bounds the text of a refusal. Rules quote the object, whose texts may have megabytes, and API servers keep what they are told in
// events, conditions and audit logs.
const maxMessage = 32 << 10

// maxCause bounds the text of each cause, and its field.
const maxCause = 4 << 10

func refusalStatus(request *admissionv1.AdmissionRequest, d decision.Decision) *metav1.Status {
	status := &metav1.Status{
		Status:  metav1.StatusFailure,
		Message: cut(d.Message, maxMessage),
		Reason:  d.Reason,
		Code:    d.Code,
	}
	if status.Code == 0 {
		status.Code = http.StatusForbidden
	}
	if len(d.Causes) > 0 {
		causes := make([]metav1.StatusCause, len(d.Causes))
		for i, cause := range d.Causes {
			causes[i] = metav1.StatusCause{Type: cause.Type, Message: cut(cause.Message, maxCause), Field: cut(cause.Field, maxCause)}
		}
		status.Details = &metav1.StatusDetails{
			Name: request.Name, Group: request.Kind.Group, Kind: request.Kind.Kind, Causes: causes,
		}
	}
	return status
}

// encodeUnreadable answers an envelope that could not be read. It has no apiVersion and uid, because there is none to
// repeat; the API server counts such an answer as a failed call.
func encodeUnreadable(code int32, message string) []byte {
	body, err := json.Marshal(answer{Response: &admissionv1.AdmissionResponse{
		UID: types.UID(""), Result: &metav1.Status{Status: metav1.StatusFailure, Code: code, Message: message},
	}})
	if err != nil { // strings and numbers always encode
		panic(err)
	}
	return body
}
