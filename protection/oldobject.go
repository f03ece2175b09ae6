package protection

import (
	"bytes"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
)

// object is what the rules read of the object being deleted; pod templates and status are skipped.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            json.RawMessage   `json:"spec"`

	workload   workloadSpec
	definition definitionSpec
}

// decodeOld reads the old object of a DELETE. present is false when there is none, as with API servers before 1.16.
// An error means that the object is not one of the rule's kind; unknown fields are no error.
func decodeOld(r *rule, version string, request *admissionv1.AdmissionRequest) (old *object, present bool, err error) {
	raw := bytes.TrimSpace(request.OldObject.Raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, false, nil
	}
	old = &object{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, old); err != nil {
		return nil, true, fmt.Errorf("cannot read the old %s: %w", r.kind, err)
	}
	if want := r.apiVersion(version); !r.unregistered && !(isOrEmpty(old.Kind, r.kind) && isOrEmpty(old.APIVersion, want)) {
		return nil, true, fmt.Errorf("the old object is of kind %q, apiVersion %q; the request is about %s, %s",
			old.Kind, old.APIVersion, r.kind, want)
	}
	if err := old.decodeSpec(r.cascading); err != nil {
		return nil, true, fmt.Errorf("cannot read the spec of the old %s: %w", r.kind, err)
	}
	return old, true, nil
}

// decodeSpec reads the fields of the spec that Cascading needs. A spec that is not an object is an error for every kind.
func (o *object) decodeSpec(c cascading) error {
	if len(o.Spec) == 0 {
		return nil
	}
	var into any
	switch c {
	case byReplicas:
		into = &o.workload
	case byInstances:
		into = &o.definition
	default:
		into = &struct{}{}
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(o.Spec, into)
}

// isOrEmpty: an old object need not say what it is, but must not say that it is something else.
func isOrEmpty(got, want string) bool { return got == "" || got == want }
