package validate

// How two pod templates become comparable: one may write "1000m" and the other "1", or hostNetwork: false and the other
// nothing, and either may have fields that this build does not know.

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	kjson "sigs.k8s.io/json"
)

// comparablePodSpec returns the pod spec of a template as a JSON tree in the form that this build would write, together with
// the members that this build does not know.
func comparablePodSpec(template json.RawMessage) (map[string]any, error) {
	var typed corev1.PodTemplateSpec
	if err := kjson.UnmarshalCaseSensitivePreserveInts(template, &typed); err != nil {
		return nil, err
	}
	known, err := json.Marshal(typed.Spec)
	if err != nil {
		return nil, err
	}
	var written map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(known, &written); err != nil {
		return nil, err
	}
	var raw struct {
		Spec map[string]any `json:"spec"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(template, &raw); err != nil {
		return nil, err
	}
	addUnknown(written, raw.Spec)
	return written, nil
}

// addUnknown copies to written what only raw has. A known member is missing from written only when it says nothing, such as
// hostNetwork: false.
func addUnknown(written, raw any) {
	switch w := written.(type) {
	case map[string]any:
		r, ok := raw.(map[string]any)
		if !ok {
			return
		}
		for key, value := range r {
			if known, found := w[key]; found {
				addUnknown(known, value)
			} else if !isZero(value) {
				w[key] = value
			}
		}
	case []any:
		r, ok := raw.([]any)
		if !ok || len(r) != len(w) {
			return
		}
		for i := range w {
			addUnknown(w[i], r[i])
		}
	}
}

// isZero reports whether a value is one that a Go type with omitempty does not write.
func isZero(value any) bool {
	switch v := value.(type) {
	case bool:
		return !v
	case int64:
		return v == 0
	case float64:
		return v == 0
	}
	return isNothing(value)
}
