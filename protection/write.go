package protection

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

// reviewWrite warns when a CREATE or UPDATE gives an object a label value that will not protect it as its author may expect:
// at the delete such a warning comes too late (spec §14.4 and 14.5). It speaks up only when the value is new, so that
// controllers that update the object do not hear it again and again. It never refuses: whether the object can be read is for others
// to say.
func (r *Reviewer) reviewWrite(rule *rule, request *admissionv1.AdmissionRequest) decision.Decision {
	d := decision.Allow()
	value, labelled := labelOf(request.Object.Raw)
	if before, was := labelOf(request.OldObject.Raw); !labelled || was && before == value {
		return d
	}
	switch {
	case value == Always:
	case value != Cascading:
		d.Warn(fmt.Sprintf("metadata.labels[%s]: %.63q protects nothing; write %s or %s", Label, value, Always, Cascading))
	case rule.cascading == byNothing:
		d.Warn(meaningless(rule))
	case rule.cascading == byInstances && !r.options.CRDCascading:
		d.Warn(fmt.Sprintf("metadata.labels[%s]: feature gate DeletionProtectionForCRDCascadingGate is off, so %s acts like %s",
			Label, Cascading, Always))
	}
	return d
}

// meaningless warns about Cascading on a kind that has nothing below it.
func meaningless(rule *rule) string {
	return fmt.Sprintf("metadata.labels[%s]: %s protects nothing on kind %s; write %s to protect it", Label, Cascading, rule.kind, Always)
}

// labelOf reads the label of a raw object. What cannot be read has none.
func labelOf(raw []byte) (value string, labelled bool) {
	var o struct {
		Metadata struct {
			Labels map[string]string `json:"labels"`
		} `json:"metadata"`
	}
	if kjson.UnmarshalCaseSensitivePreserveInts(raw, &o) != nil {
		return "", false
	}
	value, labelled = o.Metadata.Labels[Label]
	return value, labelled
}
