package protection

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/decision"
)

// Options configure a [Reviewer].
type Options struct {
	// Enabled is the feature gate ResourcesDeletionProtection. Off, nothing is looked at and everything is allowed.
	Enabled bool
	// CRDCascading is the feature gate DeletionProtectionForCRDCascadingGate. Off, Cascading on a CustomResourceDefinition
	// refuses like Always.
	CRDCascading bool
	// Table says what is protected. Default: [Default].
	Table *Table
	// Dependents looks below objects. Nil (no cluster): what needs it is "cannot tell", and no namespace is known to be
	// terminating.
	Dependents Dependents
	// Namespaces knows the labels by which the table tells namespaces apart. Nil: every rule has its own mode.
	Namespaces Namespaces
	// Now is the time by which a break-glass annotation counts. Nil: none does.
	Now func() time.Time
	// MaxNames bounds the names of blocking objects in a message. Default 5 when not above 0.
	MaxNames int
}

// Reviewer decides deletes of all protected resources; it allows whatever it has no rule for. It is safe for concurrent use.
type Reviewer struct {
	options Options
}

var _ decision.Reviewer = (*Reviewer)(nil)

// New makes a Reviewer.
func New(options Options) *Reviewer {
	if options.MaxNames <= 0 {
		options.MaxNames = defaultMaxNames
	}
	if options.Table == nil {
		options.Table = Default()
	}
	return &Reviewer{options: options}
}

// Review implements [decision.Reviewer].
func (r *Reviewer) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	v, err := r.Judge(ctx, request)
	return v.Decision, err
}

// Judge decides like Review, and says more about it. With an error, the Rule alone means something.
func (r *Reviewer) Judge(ctx context.Context, request *admissionv1.AdmissionRequest) (Verdict, error) {
	if !r.options.Enabled {
		return Verdict{Decision: decision.Allow()}, nil
	}
	rule, ok := r.options.Table.ruleFor(request)
	if !ok {
		return Verdict{Decision: decision.Allow()}, nil
	}
	switch {
	case request.Operation == admissionv1.Delete && request.SubResource == "":
		return r.reviewDelete(ctx, rule, request)
	case request.Operation == admissionv1.Create, request.Operation == admissionv1.Update:
		return r.reviewWrite(ctx, rule, request), nil
	default:
		return rule.unprotected(decision.Allow())
	}
}

// unprotected is the verdict about a request in which protection has no part, so that nobody counts it.
func (r *Rule) unprotected(d decision.Decision) (Verdict, error) {
	return Verdict{Decision: d, Rule: r}, nil
}

// reviewDelete decides in the order of spec/protection.md 3. The delete options and dryRun do not matter, and the user only where a refusal
// has a way around it.
func (r *Reviewer) reviewDelete(ctx context.Context, rule *Rule, request *admissionv1.AdmissionRequest) (Verdict, error) {
	version, ok := rule.version(request)
	if !ok && rule.unregistered {
		return rule.unprotected(decision.Allow())
	}
	if !ok {
		return rule.unprotected(decision.Malformed(rule.unsupportedVersion(request)))
	}
	old, present, err := decodeOld(rule, version, request)
	if err != nil {
		return rule.unprotected(decision.Malformed(err.Error()))
	}
	if !present {
		return rule.unprotected(decision.Allow())
	}
	v, err := r.reviewLabel(ctx, rule, request, old)
	if err != nil || !rule.isNamespace() || v.disputed() {
		return v, err
	}
	return r.reviewContent(ctx, rule, request, old, v)
}

// reviewLabel decides by the label of the object itself.
func (r *Reviewer) reviewLabel(ctx context.Context, rule *Rule, request *admissionv1.AdmissionRequest, old *object) (Verdict, error) {
	value, labelled := old.Metadata.Labels[Label]
	if !labelled {
		return rule.unprotected(decision.Allow())
	}
	// The name is the old object's: that of the request is empty when a collection is deleted (spec/protection.md 10).
	subject := fmt.Sprintf("%s %q", rule.Kind, old.Metadata.Name)
	var (
		found finding
		err   error
	)
	switch {
	case old.Metadata.DeletionTimestamp != nil:
		return rule.unprotected(permit("%s is already being deleted", subject))
	case value == Always:
		found.brief = forbidden + Always
		found.message = fmt.Sprintf("%s: to delete %s, remove that label first", found.brief, subject)
	case value != Cascading:
		return rule.unprotected(permit("%s=%q protects nothing, only %s and %s do", Label, value, Always, Cascading))
	case rule.Cascading.Method == ByNothing:
		d := permit("%s=%s means nothing for kind %s", Label, Cascading, rule.Kind)
		d.Warn(meaningless(rule))
		return rule.unprotected(d)
	case rule.isNamespace() && !isNamespaceName(old.Metadata.Name): // it would become part of a URL, and an empty one mean all namespaces
		return rule.unprotected(decision.Malformed(fmt.Sprintf("metadata.name %q of the old %s: %s",
			old.Metadata.Name, rule.Kind, validation.IsDNS1123Label(old.Metadata.Name)[0])))
	default:
		found, err = r.below(ctx, rule, request.UserInfo, old, subject)
	}
	if err == nil && found.free {
		return Verdict{Decision: permit("%s", found.message), Rule: rule, Outcome: Allowed}, nil
	}
	return r.withhold(ctx, occasion{rule: rule, request: request, old: &old.Metadata, message: found.message, brief: found.brief, undecided: err})
}

// below looks below an object labelled Cascading, in the way that its rule says.
func (r *Reviewer) below(
	ctx context.Context, rule *Rule, user authenticationv1.UserInfo, old *object, subject string,
) (finding, error) {
	switch rule.Cascading.Method {
	case ByReplicas:
		return replicas(old.raw, rule.Cascading.Path, subject), nil
	case ByInstances:
		return r.instances(ctx, user, old.Metadata.Name, old.definition)
	}
	if r.options.Dependents == nil {
		return finding{}, r.offline(subject)
	}
	if ns := old.Metadata.Namespace; ns != "" && !isNamespaceName(ns) {
		return blocked(fmt.Sprintf("metadata.namespace %q is not a DNS label", ns),
			fmt.Sprintf("what is below %s cannot be found out; correct that", subject)), nil
	}
	switch rule.Cascading.Method {
	case ByContent:
		return r.namespaceContent(ctx, user, old.Metadata.Name)
	case ByOwnedPods:
		return r.ownedPods(ctx, user, subject, old)
	case ByMounts:
		return r.mounts(ctx, user, rule, subject, old)
	case ByReadyEndpoints:
		return r.readyEndpoints(ctx, user, subject, old)
	default:
		return finding{}, decision.CannotTell("%s: Cascading by %q is not known", subject, rule.Cascading.Method)
	}
}

// offline is why a look-up that there is no cluster for cannot be made.
func (r *Reviewer) offline(subject string) error {
	return decision.CannotTell("%s is protected by %s=%s, and without a cluster what is below it is not known", subject, Label, Cascading)
}
