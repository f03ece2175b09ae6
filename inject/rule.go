package inject

import (
	"cmp"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// rule is a compiled SidecarSet. It is immutable.
type rule struct {
	name       string
	broken     error // why it never matches although it should; reported when it was compiled
	paused     bool
	selector   podSelector
	namespaces labels.Selector // nil: all namespaces
	boundTo    []string        // the namespaces that namespaceSelector lists by name, if it does
	indexed    label           // the one under which the snapshot finds the rule
	canaryOf   string          // the base of a canary
	live       *content
	pin        *pin // nil: live is injected
}

// storedSidecarSet is what of the stored object may hold fields that the type does not know.
type storedSidecarSet struct {
	Spec specLists `json:"spec"`
}

func compileRule(view View, set *v1beta1.SidecarSet, stored []byte) *rule {
	r := &rule{name: set.Name, paused: set.Spec.InjectionStrategy.Paused}
	r.canaryOf, _ = sidecarset.CanaryBase(set.Annotations)
	if r.selector, r.broken = compileSelector(set.Spec.Selector); r.broken != nil {
		r.broken = fmt.Errorf("spec.selector: %w", r.broken)
		return r
	}
	if set.Spec.NamespaceSelector != nil {
		if r.namespaces, r.broken = metav1.LabelSelectorAsSelector(set.Spec.NamespaceSelector); r.broken != nil {
			r.broken = fmt.Errorf("spec.namespaceSelector: %w", r.broken)
			return r
		}
		r.boundTo = boundNamespaces(set.Spec.NamespaceSelector)
	}
	var object storedSidecarSet
	if len(stored) > 0 {
		if err := decode(stored, &object); err != nil {
			r.broken = fmt.Errorf("stored object: %w", err)
			return r
		}
	}
	r.live = compileContent(r.name, &set.Spec, object.Spec, set.Annotations, set.Status.LatestRevision)
	r.pin = compilePin(view, set)
	return r
}

// boundNamespaces lists the namespaces that a selector names by the label that every namespace carries (spec/inject.md 2.1).
// nil means that it can match any. The whole selector is evaluated afterwards.
func boundNamespaces(selector *metav1.LabelSelector) []string {
	if name, ok := selector.MatchLabels[corev1.LabelMetadataName]; ok {
		return []string{name}
	}
	for _, expression := range selector.MatchExpressions {
		if expression.Key == corev1.LabelMetadataName && expression.Operator == metav1.LabelSelectorOpIn {
			names := slices.Clone(expression.Values)
			slices.Sort(names)
			return slices.Compact(names)
		}
	}
	return nil
}

// compare orders rules as they apply: those bound to namespaces first, then the others, each group by name. OpenKruise keeps the two
// groups and has no order within them (quirk 2).
func (r *rule) compare(other *rule) int {
	if bound, otherBound := r.boundTo != nil, other.boundTo != nil; bound != otherBound {
		if bound {
			return -1
		}
		return 1
	}
	return cmp.Compare(r.name, other.name)
}
