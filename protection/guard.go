package protection

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// people are users, by name or by group.
type people struct{ users, groups []string }

func (p *people) include(user authenticationv1.UserInfo) bool {
	return slices.Contains(p.users, user.Username) ||
		slices.ContainsFunc(p.groups, func(group string) bool { return slices.Contains(user.Groups, group) })
}

func (p *people) String() string {
	var texts []string
	for _, user := range p.users {
		texts = append(texts, fmt.Sprintf("user %q", user))
	}
	for _, group := range p.groups {
		texts = append(texts, fmt.Sprintf("group %q", group))
	}
	return strings.Join(texts, ", ")
}

// Guarded says whether the table guards the label against removal.
func (t *Table) Guarded() bool { return t.guard != nil }

// GuardedResources are what an update that changes the label may be of: the resource, and its subresources. Several of those let the labels
// of the object be written, such as the status of Services and StatefulSets and finalize of Namespaces.
func (r *Rule) GuardedResources() []string { return []string{r.Resource, r.Resource + "/*"} }

// strength orders the values of the label by how much they protect an object of the rule.
func (r *Rule) strength(value string) int {
	switch {
	case value == Always:
		return 2
	case value == Cascading && r.Cascading.Method != ByNothing:
		return 1
	}
	return 0
}

// reviewGuard refuses an UPDATE that takes protection from an object, unless the user may. Objects that are being deleted, alone or with their
// namespace, need no protection any more.
func (r *Reviewer) reviewGuard(ctx context.Context, rule *Rule, request *admissionv1.AdmissionRequest, was, is *metav1.ObjectMeta) Verdict {
	allow := Verdict{Rule: rule}
	allow.Allowed = true
	guard := r.options.Table.guard
	if guard == nil || request.Operation != admissionv1.Update || was.DeletionTimestamp != nil ||
		rule.strength(is.Labels[Label]) >= rule.strength(was.Labels[Label]) || guard.include(request.UserInfo) {
		return allow
	}
	message := fmt.Sprintf("forbidden by ResourcesProtectionDeletion: changing %s from %q to %q takes protection from %s %q; only %s may do that",
		Label, was.Labels[Label], is.Labels[Label], rule.Kind, was.Name, guard)
	v, _ := r.withhold(ctx, occasion{rule: rule, request: request, old: was, message: message, brief: message}) // decided, so no error
	return v
}
