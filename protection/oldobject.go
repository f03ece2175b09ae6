package protection

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/wire"
)

// object is what the rules read of the object being deleted; pod templates and status are skipped.
type object struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
	Spec            json.RawMessage   `json:"spec"`

	definition definitionSpec
	raw        []byte
}

// decodeOld reads the old object of a DELETE. present is false when there is none, as with API servers before 1.16.
// An error means that the object is not one of the rule's kind; unknown fields are no error.
func decodeOld(r *Rule, version string, request *admissionv1.AdmissionRequest) (old *object, present bool, err error) {
	raw := bytes.TrimSpace(request.OldObject.Raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, false, nil
	}
	old = &object{raw: raw}
	if err := wire.CheckMetadata(raw); err != nil {
		return nil, true, fmt.Errorf("cannot read the old %s: %w", r.Kind, err)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, old); err != nil {
		return nil, true, fmt.Errorf("cannot read the old %s: %w", r.Kind, err)
	}
	if want := r.apiVersion(version); !r.unregistered && !(isOrEmpty(old.Kind, r.Kind) && isOrEmpty(old.APIVersion, want)) {
		return nil, true, fmt.Errorf("the old object is of kind %q, apiVersion %q; the request is about %s, %s",
			old.Kind, old.APIVersion, r.Kind, want)
	}
	if err := old.decodeSpec(r); err != nil {
		return nil, true, fmt.Errorf("cannot read the spec of the old %s: %w", r.Kind, err)
	}
	return old, true, nil
}

// decodeSpec reads what Cascading needs of the spec. A spec that is not an object is an error for every kind.
func (o *object) decodeSpec(r *Rule) error {
	if len(o.Spec) == 0 {
		return nil
	}
	if r.Cascading.Method == ByInstances {
		return kjson.UnmarshalCaseSensitivePreserveInts(o.Spec, &o.definition)
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(o.Spec, &struct{}{}); err != nil {
		return err
	}
	if r.typed {
		count, _, err := integerAt(o.raw, r.Cascading.Path)
		if err == nil && count != int64(int32(count)) {
			err = fmt.Errorf("%s is %d, which is no integer of 32 bits", strings.Join(r.Cascading.Path, "."), count)
		}
		return err
	}
	return nil
}

// isOrEmpty: an old object need not say what it is, but must not say that it is something else.
func isOrEmpty(got, want string) bool { return got == "" || got == want }
