package podtemplate

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/net"
)

// answer is a definite answer: the template is valid, with its defaults, or it is refused, with the causes.
type answer struct {
	defaulted json.RawMessage
	causes    []metav1.StatusCause
	warnings  []metav1.StatusCause
}

// size is roughly what the answer takes in memory, in bytes.
func (a *answer) size() int {
	const overhead = 256 // the key, the list element, the slices
	n := overhead + len(a.defaulted)
	for _, list := range [][]metav1.StatusCause{a.causes, a.warnings} {
		for _, cause := range list {
			n += len(cause.Type) + len(cause.Message) + len(cause.Field)
		}
	}
	return n
}

// undecodable is how the API server begins the message about a PodTemplate whose JSON does not fit its types, such as a
// number where a string belongs.
const undecodable = "cannot be handled as a PodTemplate: "

// refusal returns the causes with which the API server refused the template itself. It returns nil when the request failed
// for another reason: an admission policy or a quota that knows podtemplates, missing permission, a namespace that is
// being deleted. Those say nothing about the template.
func refusal(err error) []metav1.StatusCause {
	var failed apierrors.APIStatus
	if !errors.As(err, &failed) {
		return nil
	}
	status := failed.Status()
	switch status.Code {
	case http.StatusBadRequest:
		if _, what, found := strings.Cut(status.Message, undecodable); found {
			return []metav1.StatusCause{{Type: metav1.CauseTypeFieldValueInvalid, Message: what}}
		}
	case http.StatusUnprocessableEntity:
		if status.Details == nil {
			return nil
		}
		var causes []metav1.StatusCause
		for _, cause := range status.Details.Causes {
			if path, ok := insideTemplate(cause.Field); ok {
				causes = append(causes, metav1.StatusCause{Type: cause.Type, Message: cause.Message, Field: path})
			}
		}
		return causes
	}
	return nil
}

// insideTemplate makes a path of the PodTemplate relative to its template.
func insideTemplate(path string) (relative string, ok bool) {
	if path == "template" {
		return "", true
	}
	return strings.CutPrefix(path, "template.")
}

// templateWarnings keeps the warnings about the template and drops all others: those of pod security admission are about the
// namespace in which we ask, those of other webhooks about an object that nobody wants to create.
func templateWarnings(headers []net.WarningHeader) []metav1.StatusCause {
	var warnings []metav1.StatusCause
	for _, header := range headers {
		if warning, ok := parseWarning(header.Text); ok {
			warnings = append(warnings, warning)
		}
	}
	return warnings
}

// parseWarning reads the two shapes of a warning about a field: `unknown field "template.spec.colour"` (also "duplicate
// field") and `template.spec.nodeSelector[x]: deprecated since v1.14`.
func parseWarning(text string) (metav1.StatusCause, bool) {
	for _, what := range []string{"unknown field", "duplicate field"} {
		if quoted, found := strings.CutPrefix(text, what+` "`); found {
			path, ok := insideTemplate(strings.TrimSuffix(quoted, `"`))
			return metav1.StatusCause{Message: what, Field: path}, ok
		}
	}
	path, message, found := strings.Cut(text, ": ")
	if !found {
		return metav1.StatusCause{}, false
	}
	path, ok := insideTemplate(path)
	return metav1.StatusCause{Message: message, Field: path}, ok
}
