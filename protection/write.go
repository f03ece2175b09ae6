package protection

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"
)

// reviewWrite warns when a CREATE or UPDATE gives an object a label value that will not protect it as its author may expect: at the delete
// such a warning comes too late (spec/protection.md 14.4 and 14.5). It speaks up only when the value is new, so that controllers that
// update the object do not hear it again and again. What it refuses is left to the guard of the label.
func (r *Reviewer) reviewWrite(ctx context.Context, rule *Rule, request *admissionv1.AdmissionRequest) Verdict {
	is, was := metadataOf(request.Object.Raw), metadataOf(request.OldObject.Raw)
	v := r.reviewGuard(ctx, rule, request, was, is)
	value, labelled := is.Labels[Label]
	if before, set := was.Labels[Label]; !v.Allowed || !labelled || set && before == value {
		return v
	}
	switch {
	case value == Always:
	case value != Cascading:
		v.Warn(fmt.Sprintf("metadata.labels[%s]: %.63q protects nothing; write %s or %s", Label, value, Always, Cascading))
	case rule.Cascading.Method == ByNothing:
		v.Warn(meaningless(rule))
	case rule.Cascading.Method == ByInstances && !r.options.CRDCascading:
		v.Warn(fmt.Sprintf("metadata.labels[%s]: feature gate DeletionProtectionForCRDCascadingGate is off, so %s acts like %s",
			Label, Cascading, Always))
	}
	return v
}

// meaningless warns about Cascading on a kind that has nothing below it.
func meaningless(rule *Rule) string {
	return fmt.Sprintf("metadata.labels[%s]: %s protects nothing on kind %s; write %s to protect it", Label, Cascading, rule.Kind, Always)
}

// metadataOf reads the metadata of a raw object, apart from its lists of objects, which may be huge. What cannot be read has none: whether an object
// can be read is for others to say.
func metadataOf(raw []byte) *metav1.ObjectMeta {
	var o struct {
		Metadata struct {
			metav1.ObjectMeta `json:",inline"`
			OwnerReferences   json.RawMessage `json:"ownerReferences"`
			ManagedFields     json.RawMessage `json:"managedFields"`
		} `json:"metadata"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(raw, &o) != nil {
		return &metav1.ObjectMeta{}
	}
	return &o.Metadata.ObjectMeta
}
