package inject

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
)

// Clause names what decided about a SidecarSet for a pod.
type Clause string

// The clauses, in the order in which they are asked.
const (
	// Inactive: the pod has finished or is being deleted; no SidecarSet is asked.
	Inactive Clause = "inactive"
	// Broken: the SidecarSet cannot be compiled, so it is ignored; the detail is the error.
	Broken Clause = "broken"
	// SelectorDiffers: spec.selector does not match the labels of the pod, or is empty.
	SelectorDiffers Clause = "selector"
	// Paused: spec.injectionStrategy.paused is set.
	Paused Clause = "paused"
	// NamespaceSelectorDiffers: spec.namespaceSelector does not match the labels of the namespace.
	NamespaceSelectorDiffers Clause = "namespaceSelector"
	// Superseded: a canary of the SidecarSet matched instead; the detail names it.
	Superseded Clause = "superseded"
	// Matched: the SidecarSet applies; the detail names the revision.
	Matched Clause = "matched"
)

// Reason says why a SidecarSet applies to a pod or not.
type Reason struct {
	// SidecarSet is its name.
	SidecarSet string
	// Clause is what decided.
	Clause Clause
	// Detail says more, such as the label that differs. It may be empty.
	Detail string
}

// String is the reason as a line of text.
func (r Reason) String() string {
	if r.Detail == "" {
		return fmt.Sprintf("%s: %s", r.SidecarSet, r.Clause)
	}
	return fmt.Sprintf("%s: %s: %s", r.SidecarSet, r.Clause, r.Detail)
}

func supersededBy(base, canary string) Reason {
	return Reason{base, Superseded, "by its canary " + canary}
}

// Explain asks every SidecarSet about a pod, given as JSON, and says for each why it applies or not, in the order in which they
// apply. namespace counts when the pod has none. It is made for people and costs as much as there are SidecarSets;
// [Engine.Review] asks the same questions of those that the index finds. It fails for a pod that cannot be read, and when it
// cannot tell (see decision.CannotTell).
func (e *Engine) Explain(ctx context.Context, namespace string, object []byte) ([]Reason, error) {
	current, err := e.current()
	if err != nil {
		return nil, err
	}
	pod, err := readPod(object, namespace)
	if err != nil {
		return nil, err
	}
	var rules []*rule
	for _, r := range current.rules.all() {
		rules = append(rules, r)
	}
	slices.SortFunc(rules, (*rule).compare)
	m := &matcher{view: e.options.View, pod: pod}
	reasons := make([]Reason, len(rules))
	var matched []*rule
	for i, r := range rules {
		reasons[i] = Reason{SidecarSet: r.name, Clause: Inactive}
		if pod.finished {
			continue
		}
		if reasons[i].Clause, err = m.match(ctx, r); err != nil {
			return nil, err
		}
		reasons[i].Detail = m.detail(r, reasons[i].Clause)
		if reasons[i].Clause == Matched {
			matched = append(matched, r)
		}
	}
	canaries := canariesAmong(matched)
	for i := range reasons {
		if canary, ok := canaries[reasons[i].SidecarSet]; ok && reasons[i].Clause == Matched {
			reasons[i] = supersededBy(reasons[i].SidecarSet, canary)
		}
	}
	return reasons, nil
}

// detail says what a user needs to know beside the clause.
func (m *matcher) detail(r *rule, clause Clause) string {
	switch clause {
	case Broken:
		return r.broken.Error()
	case SelectorDiffers:
		if r.selector.nothing() {
			return "it is empty, which selects nothing"
		}
		return differing(r.selector.selector(), m.pod.labels, "pod")
	case NamespaceSelectorDiffers:
		if !m.found {
			return fmt.Sprintf("namespace %s does not exist", m.pod.namespace)
		}
		return differing(r.namespaces, m.labels, "namespace")
	case Matched:
		chosen, err := r.choose(m.pod)
		switch {
		case err != nil:
			return err.Error()
		case chosen != r.live:
			return "pinned revision " + chosen.revision
		case chosen.revision != "":
			return "revision " + chosen.revision
		}
	}
	return ""
}

// differing names the first requirement of a selector that labels do not meet.
func differing(selector labels.Selector, has labels.Set, what string) string {
	requirements, _ := selector.Requirements()
	for _, requirement := range requirements {
		if requirement.Matches(has) {
			continue
		}
		if value, ok := has[requirement.Key()]; ok {
			return fmt.Sprintf("wants %s, the %s has %s=%s", requirement.String(), what, requirement.Key(), value)
		}
		return fmt.Sprintf("wants %s, the %s has no such label", requirement.String(), what)
	}
	return ""
}
