package protection

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
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
	// Dependents looks below Namespaces and CustomResourceDefinitions. Nil (no cluster): Cascading on those kinds is
	// "cannot tell".
	Dependents Dependents
	// MaxNames bounds the names of blocking objects in a message. Default 5 when not above 0.
	MaxNames int
}

// Reviewer decides deletes of all protected kinds; it allows whatever it has no rule for. It is safe for concurrent use.
type Reviewer struct {
	options Options
}

var _ decision.Reviewer = (*Reviewer)(nil)

// New makes a Reviewer.
func New(options Options) *Reviewer {
	if options.MaxNames <= 0 {
		options.MaxNames = defaultMaxNames
	}
	return &Reviewer{options: options}
}

// Review implements [decision.Reviewer].
func (r *Reviewer) Review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	if !r.options.Enabled || request.SubResource != "" {
		return decision.Allow(), nil
	}
	rule, ok := ruleFor(request.Kind)
	if !ok {
		return decision.Allow(), nil
	}
	switch request.Operation {
	case admissionv1.Delete:
		return r.reviewDelete(ctx, rule, request)
	case admissionv1.Create, admissionv1.Update:
		return r.reviewWrite(rule, request), nil
	default:
		return decision.Allow(), nil
	}
}

// reviewDelete decides in the order of spec §3. The user, the delete options and dryRun do not matter.
func (r *Reviewer) reviewDelete(ctx context.Context, rule *rule, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	version, ok := rule.version(request)
	if !ok && rule.unregistered {
		return decision.Allow(), nil
	}
	if !ok {
		return decision.Malformed(rule.unsupportedVersion(request)), nil
	}
	old, present, err := decodeOld(rule, version, request)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	if !present {
		return decision.Allow(), nil
	}
	value, labelled := old.Metadata.Labels[Label]
	if !labelled {
		return decision.Allow(), nil
	}
	// The name is the old object's: that of the request is empty when a collection is deleted (spec §10).
	subject := fmt.Sprintf("%s %q", rule.kind, old.Metadata.Name)
	switch {
	case old.Metadata.DeletionTimestamp != nil:
		return permit("%s is already being deleted", subject), nil
	case value == Always:
		return refuse(fmt.Sprintf("%s%s: to delete %s, remove that label first", forbidden, Always, subject)), nil
	case value == Cascading:
		return r.cascading(ctx, rule, request, old, subject)
	default:
		return permit("%s=%q protects nothing, only %s and %s do", Label, value, Always, Cascading), nil
	}
}

// cascading looks below the object in the way that its rule says.
func (r *Reviewer) cascading(
	ctx context.Context, rule *rule, request *admissionv1.AdmissionRequest, old *object, subject string,
) (decision.Decision, error) {
	var (
		found finding
		err   error
	)
	switch rule.cascading {
	case byReplicas:
		found = old.workload.finding(subject)
	case byContent:
		// The name becomes part of a URL, and an empty one would mean all namespaces.
		if problems := validation.IsDNS1123Label(old.Metadata.Name); len(problems) > 0 {
			return decision.Malformed(fmt.Sprintf("metadata.name %q of the old %s: %s", old.Metadata.Name, rule.kind, problems[0])), nil
		}
		found, err = r.namespaceContent(ctx, request.UserInfo, old.Metadata.Name)
	case byInstances:
		found, err = r.instances(ctx, request.UserInfo, old.Metadata.Name, old.definition)
	case byNothing:
		d := permit("%s=%s means nothing for kind %s", Label, Cascading, rule.kind)
		d.Warn(meaningless(rule))
		return d, nil
	}
	switch {
	case err != nil:
		return decision.Decision{}, err
	case found.free:
		return permit("%s", found.message), nil
	default:
		return refuse(found.message), nil
	}
}
