package protection

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
)

// Mode says what happens to a request that the rules speak against.
type Mode string

const (
	// Enforce refuses it.
	Enforce Mode = "Enforce"
	// Warn lets it go with a warning to the user.
	Warn Mode = "Warn"
	// Audit lets it go silently; only the audit annotation and the metric tell.
	Audit Mode = "Audit"
)

// namespaceMode is the mode of the namespaces that a selector matches.
type namespaceMode struct {
	source   *metav1.LabelSelector
	selector labels.Selector
	mode     Mode
}

// Namespaces knows the labels of namespaces; a cluster.View does.
type Namespaces interface {
	// NamespaceLabels returns the labels of a namespace; found is false when it surely does not exist.
	NamespaceLabels(ctx context.Context, name string) (labels map[string]string, found bool, err error)
}

// MayRefuse says whether requests about the rule's resource are refused in some namespace.
func (t *Table) MayRefuse(rule Rule) bool {
	if rule.Mode == Enforce {
		return true
	}
	for _, n := range t.namespaces {
		if n.mode == Enforce {
			return true
		}
	}
	return false
}

// mode is the mode for an object: that of the first namespace selector that matches, else that of the rule. A namespace is matched by
// its own labels, and what is in no namespace is not matched, as with the namespaceSelector of a webhook. Where the
// labels cannot be had the mode of the rule counts, so that no refusal depends on a look-up.
func (r *Reviewer) mode(ctx context.Context, rule *Rule, old *metav1.ObjectMeta) Mode {
	if len(r.options.Table.namespaces) == 0 {
		return rule.Mode
	}
	set, ok := r.namespaceLabels(ctx, rule, old)
	if !ok {
		return rule.Mode
	}
	for _, n := range r.options.Table.namespaces {
		if n.selector.Matches(labels.Set(set)) {
			return n.mode
		}
	}
	return rule.Mode
}

func (r *Reviewer) namespaceLabels(ctx context.Context, rule *Rule, old *metav1.ObjectMeta) (set map[string]string, ok bool) {
	if rule.isNamespace() {
		return old.Labels, true
	}
	if r.options.Namespaces == nil || !isNamespaceName(old.Namespace) {
		return nil, false
	}
	set, found, err := r.options.Namespaces.NamespaceLabels(ctx, old.Namespace)
	return set, found && err == nil
}

// inTerminatingNamespace says whether the object's namespace is surely being deleted. Its controller then removes whatever is in it: a
// refusal would keep nothing that can still be used, and the namespace in Terminating for ever (spec/protection.md 10).
func (r *Reviewer) inTerminatingNamespace(ctx context.Context, rule *Rule, old *metav1.ObjectMeta) bool {
	if rule.isNamespace() || r.options.Dependents == nil || !isNamespaceName(old.Namespace) {
		return false
	}
	terminating, err := r.options.Dependents.NamespaceTerminating(ctx, old.Namespace)
	return terminating && err == nil
}

func (r *Rule) isNamespace() bool { return r.Group == "" && r.Resource == "namespaces" }

// isNamespaceName: what is not a DNS label is no namespace, and must not become part of a URL.
func isNamespaceName(name string) bool { return len(validation.IsDNS1123Label(name)) == 0 }
