package protection

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Rights are what the table needs the server to be allowed to do, in the whole cluster, and nothing more: to list what Cascading looks
// for, to find out what a user may list and whether a namespace is being deleted, and to record breaking the glass.
//
// The objects of CustomResourceDefinitions are in it as far as the table names their groups; without such a list they are the
// administrator's to grant.
func (t *Table) Rights() []rbacv1.PolicyRule {
	uses := func(methods ...Method) bool {
		return slices.ContainsFunc(t.rules, func(r Rule) bool { return slices.Contains(methods, r.Cascading.Method) })
	}
	rights := []rbacv1.PolicyRule{
		right("", "namespaces", "get"),
		right("authorization.k8s.io", "subjectaccessreviews", "create"),
	}
	if uses(ByContent, ByOwnedPods, ByMounts) {
		rights = append(rights, right("", "pods", "list"))
	}
	if uses(ByContent) {
		rights = append(rights, right("", "persistentvolumeclaims", "list"))
	}
	if uses(ByReadyEndpoints) {
		rights = append(rights, right("discovery.k8s.io", "endpointslices", "list"))
	}
	if uses(ByInstances) {
		for _, group := range t.instanceGroups {
			rights = append(rights, right(group, "*", "list"))
		}
	}
	for _, rule := range t.content {
		rights = append(rights, right(rule.Group, rule.Resource, "list"))
	}
	if t.BreaksGlass() {
		rights = append(rights, right("events.k8s.io", "events", "create"))
	}
	return rights
}

func right(group, resource, verb string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
}
