package protection

import (
	"slices"
	"strings"
	"unicode"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TwinNamePrefix starts the names of the policies and bindings that [Table.Twin] makes.
const TwinNamePrefix = "kruise-admission-delete-protection-"

// Policy is a ValidatingAdmissionPolicy with the binding that puts it into force.
type Policy struct {
	Policy  *admissionregistrationv1.ValidatingAdmissionPolicy
	Binding *admissionregistrationv1.ValidatingAdmissionPolicyBinding
}

// Twin states the rules that need no look-up a second time, in CEL, for the API server itself to apply while no server runs: Always
// of every resource, Cascading by replicas, and the guard of the label. Labels go to each policy. It decides as a [Reviewer] does,
// and in the same words, with two exceptions. Time is unknown to CEL, so an object with a break-glass annotation is left to the
// server where such annotations count. And a policy cannot refuse with NotFound, so the API server ends the deletion of a collection at
// the first object that one refuses; see collection.go.
//
// The API server asks its own policies before any webhook and stops at the first refusal, so with both installed the user reads one
// message. Modes that do not refuse protect nothing, so the twin leaves them to the server, which would otherwise warn a
// second time.
func (t *Table) Twin(labels map[string]string) []Policy {
	rules := slices.DeleteFunc(slices.Clone(t.rules), func(r Rule) bool { return !t.MayRefuse(r) })
	if len(rules) == 0 {
		return nil
	}
	policies := []Policy{t.always(rules)}
	for _, same := range byPath(rules) {
		policies = append(policies, t.byReplicas(same))
	}
	if t.guard != nil {
		policies = append(policies, t.guarded(rules))
	}
	for i := range policies {
		policies[i].Policy.Labels, policies[i].Binding.Labels = labels, labels
	}
	return policies
}

// byPath are the rules by replicas, those with the same path together.
func byPath(rules []Rule) (groups [][]Rule) {
	for _, rule := range rules {
		if rule.Cascading.Method != ByReplicas {
			continue
		}
		i := slices.IndexFunc(groups, func(group []Rule) bool { return slices.Equal(group[0].Cascading.Path, rule.Cascading.Path) })
		if i < 0 {
			groups = append(groups, []Rule{rule})
		} else {
			groups[i] = append(groups[i], rule)
		}
	}
	return groups
}

// always is the policy for the value Always.
func (t *Table) always(rules []Rule) Policy {
	return t.policy("always", rules, admissionregistrationv1.Delete, []string{Always}, celRefusal{
		message: celText(forbidden+Always+": to delete ") + " + variables.subject + " + celText(", remove that label first"),
	})
}

// byReplicas is the policy for the value Cascading where an integer decides, for rules with the same path.
func (t *Table) byReplicas(rules []Rule) Policy {
	const count, isInteger = "variables.count", "type(variables.count) == int"
	path := rules[0].Cascading.Path
	scaledUp := celText(path[len(path)-1]+" ") + " + string(" + count + ") + " + celText(">0: to delete ") + " + variables.subject + " +
		celText(", "+scaleDown(path)+" first")
	unreadable := celText(strings.Join(path, ".")+notInteger+": how many replicas ") + " + variables.subject + " + celText(notTold)
	return t.policy("cascading-"+dashed(path), rules,
		admissionregistrationv1.Delete, []string{Cascading}, celRefusal{
			variables: []admissionregistrationv1.Variable{
				{Name: "count", Expression: celValue("oldObject", path)},
			},
			unless: count + " == null || " + isInteger + " && " + count + " <= 0",
			message: celText(forbidden+Cascading+" and ") + " + (" + isInteger + " ? " + scaledUp + " : " + unreadable + ") + " +
				celText(", or remove that label"),
		})
}

// dashed spells a path as a part of a name: spec.readyReplicas becomes spec.ready-replicas.
func dashed(path []string) string {
	var text strings.Builder
	for _, letter := range strings.Join(path, ".") {
		if unicode.IsUpper(letter) {
			text.WriteByte('-')
		}
		text.WriteRune(unicode.ToLower(letter))
	}
	return text.String()
}

// guarded is the policy that keeps the label where it is.
func (t *Table) guarded(rules []Rule) Policy {
	var meaningless []string
	for _, rule := range rules {
		if rule.Cascading.Method == ByNothing {
			meaningless = append(meaningless, rule.GroupResource().String())
		}
	}
	const was, is = "variables.was", "variables.is"
	return t.policy("label", rules, admissionregistrationv1.Update, []string{Always, Cascading}, celRefusal{
		variables: []admissionregistrationv1.Variable{
			{Name: "was", Expression: celLabel("oldObject")},
			{Name: "is", Expression: celLabel("object")},
			{Name: "meansNothing", Expression: celResource + " in " + celList(meaningless)},
		},
		unless: was + " == " + is + " || !(" + was + " in " + celList([]string{Always, Cascading}) + ")" +
			" || (" + was + " == " + celText(Cascading) + " && (variables.meansNothing || " + is + " == " + celText(Always) + "))" +
			" || " + celPeople(t.guard),
		message: celText("forbidden by ResourcesProtectionDeletion: changing "+Label+` from "`) + " + " + was + " + " +
			celText(`" to "`) + " + " + is + " + " + celText(`" takes protection from `) + " + variables.subject + " +
			celText("; only "+t.guard.String()+" may do that"),
	})
}

// celRefusal is what one policy says.
type celRefusal struct {
	variables []admissionregistrationv1.Variable
	// unless is when the policy has nothing against the request; empty: never.
	unless string
	// message is what the user reads.
	message string
}

// policy makes a policy about some resources, with all the ways around a refusal that withhold knows.
func (t *Table) policy(
	name string, rules []Rule, operation admissionregistrationv1.OperationType, values []string, refusal celRefusal,
) Policy {
	fail, equivalent := admissionregistrationv1.Fail, admissionregistrationv1.Equivalent
	forbiddenReason := metav1.StatusReasonForbidden
	name = TwinNamePrefix + name

	passes := []string{"has(oldObject.metadata.deletionTimestamp)", "variables.namespaceTerminating"}
	variables := []admissionregistrationv1.Variable{
		{Name: "subject", Expression: `request.kind.kind + " \"" + oldObject.metadata.name + "\""`},
		{Name: "namespaceTerminating", Expression: "namespaceObject != null && has(namespaceObject.metadata.deletionTimestamp)"},
	}
	if mode := t.celMode(rules); mode != "" {
		variables = append(variables,
			admissionregistrationv1.Variable{Name: "inNamespace", Expression: celInNamespace},
			admissionregistrationv1.Variable{Name: "namespaceLabels", Expression: celNamespaceLabels},
			admissionregistrationv1.Variable{Name: "mode", Expression: mode})
		passes = append(passes, "variables.mode != "+celText(string(Enforce)))
	}
	if len(t.breakGlass.groups) > 0 {
		passes = append(passes, celInGroup(t.breakGlass.groups))
	}
	if t.breakGlass.maxDuration > 0 && operation == admissionregistrationv1.Delete {
		passes = append(passes, celHasAnnotation)
	}
	if refusal.unless != "" {
		passes = append(passes, refusal.unless)
	}
	return Policy{
		Policy: &admissionregistrationv1.ValidatingAdmissionPolicy{
			TypeMeta:   metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicy"},
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
				FailurePolicy: &fail,
				MatchConstraints: &admissionregistrationv1.MatchResources{
					MatchPolicy: &equivalent,
					ObjectSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
						{Key: Label, Operator: metav1.LabelSelectorOpIn, Values: values},
					}},
					ResourceRules: resourceRules(rules, operation),
				},
				Variables: append(variables, refusal.variables...),
				Validations: []admissionregistrationv1.Validation{{
					Expression:        strings.Join(passes, " || "),
					MessageExpression: refusal.message,
					Reason:            &forbiddenReason,
				}},
			},
		},
		Binding: &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
			TypeMeta:   metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "ValidatingAdmissionPolicyBinding"},
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName:        name,
				ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
			},
		},
	}
}

func resourceRules(rules []Rule, operation admissionregistrationv1.OperationType) (matched []admissionregistrationv1.NamedRuleWithOperations) {
	scope := admissionregistrationv1.AllScopes
	for _, rule := range rules {
		resources := []string{rule.Resource}
		if operation == admissionregistrationv1.Update { // which only the guard is about
			resources = rule.GuardedResources()
		}
		matched = append(matched, admissionregistrationv1.NamedRuleWithOperations{
			RuleWithOperations: admissionregistrationv1.RuleWithOperations{
				Operations: []admissionregistrationv1.OperationType{operation},
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{rule.Group}, APIVersions: slices.Clone(rule.Versions), Resources: resources, Scope: &scope,
				},
			},
		})
	}
	return matched
}
