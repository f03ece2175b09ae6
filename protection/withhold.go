package protection

import (
	"context"
	"fmt"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/decision"
)

// occasion is a request that the rules speak against, or about which they cannot tell.
type occasion struct {
	rule    *Rule
	request *admissionv1.AdmissionRequest
	old     *metav1.ObjectMeta
	// message is what the user reads on a refusal, and brief what everybody may: it names no object but this one.
	message, brief string
	// undecided says why the rules cannot tell; nil when they speak against.
	undecided error
}

// withhold refuses, or says that it cannot tell, unless there is a way around: a namespace that is being deleted, a mode that does not
// refuse, or break-glass, in this order, so that breaking the glass is recorded only where it made a difference.
func (r *Reviewer) withhold(ctx context.Context, o occasion) (Verdict, error) {
	v, err := r.withholdOne(ctx, o)
	if err == nil && o.inCollection() {
		v = o.asMember(v)
	}
	return v, err
}

// withholdOne is withhold about a single object.
func (r *Reviewer) withholdOne(ctx context.Context, o occasion) (Verdict, error) {
	if r.inTerminatingNamespace(ctx, o.rule, o.old) {
		return Verdict{Decision: permit("namespace %q is being deleted, and everything in it", o.old.Namespace), Rule: o.rule, Outcome: Allowed}, nil
	}
	if mode := r.mode(ctx, o.rule, o.old); mode != Enforce {
		return o.tell(mode), nil
	}
	use, vain := r.breakGlass(&o)
	if use != nil {
		d := decision.Allow()
		d.Annotate(AuditKey, fmt.Sprintf("break-glass by %s: %s", use.Why, o.words()))
		return Verdict{Decision: d, Rule: o.rule, Outcome: BrokeGlass, BreakGlass: use}, nil
	}
	if o.undecided != nil {
		return Verdict{Rule: o.rule}, o.undecided
	}
	if vain != "" {
		o.message += fmt.Sprintf(" (annotation %s does not count: %s)", BreakGlassAnnotation, vain)
	}
	return Verdict{Decision: refuse(o.message), Rule: o.rule, Outcome: Refused}, nil
}

// tell lets the request go in a mode that does not refuse.
func (o *occasion) tell(mode Mode) Verdict {
	text := o.words()
	v := Verdict{Decision: decision.Allow(), Rule: o.rule, Outcome: Audited}
	if mode == Warn {
		v.Outcome = Warned
		v.Warn("would be " + text)
	}
	v.Annotate(AuditKey, strings.ToLower(string(v.Outcome))+": would be "+text)
	return v
}

// words say what stands against the request.
func (o *occasion) words() string {
	if o.undecided != nil {
		return "undecided: " + o.undecided.Error()
	}
	return o.message
}

// breakGlass finds the way past a refusal that the user has. When there is none, vain says why an annotation does not open one.
func (r *Reviewer) breakGlass(o *occasion) (use *BreakGlass, vain string) {
	glass := r.options.Table.breakGlass
	why, ok := glass.byGroup(o.request.UserInfo)
	if !ok && o.request.Operation == admissionv1.Delete && r.options.Now != nil { // the annotation is about deleting the object
		why, ok = glass.byAnnotation(o.old, r.options.Now())
	}
	if !ok {
		return nil, why
	}
	use = &BreakGlass{
		APIVersion: metav1.GroupVersion{Group: o.request.Kind.Group, Version: o.request.Kind.Version}.String(),
		Kind:       o.rule.Kind, Namespace: o.old.Namespace, Name: o.old.Name, UID: o.old.UID,
		User: o.request.UserInfo.Username, Operation: string(o.request.Operation), Why: why, Refusal: o.brief,
	}
	if o.undecided != nil {
		use.Refusal = "what is below it cannot be told"
	}
	return use, ""
}
