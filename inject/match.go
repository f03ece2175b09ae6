package inject

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kruise-admission/kruise-admission/decision"
)

// lookupRetry is after how long a look-up that failed is worth another try: the API server's webhook client then asks again
// within its timeout.
const lookupRetry = time.Second

// matcher asks rules whether they match one pod. The labels of its namespace are looked up at most once, and only
// when a namespaceSelector matters.
type matcher struct {
	view   View
	pod    *pod
	looked bool
	found  bool
	labels labels.Set
}

// match gives the clause that decides about the rule: Matched, or the first one that does not hold.
func (m *matcher) match(ctx context.Context, r *rule) (Clause, error) {
	switch {
	case r.broken != nil:
		return Broken, nil //nolint:nilerr // a broken SidecarSet is skipped and reported, it does not stop pods (quirk 4)
	case !r.selector.matches(m.pod.labels):
		return SelectorDiffers, nil
	case r.paused:
		return Paused, nil
	case r.namespaces == nil:
		return Matched, nil
	}
	if err := m.lookUp(ctx); err != nil {
		return "", err
	}
	// A namespace that surely does not exist matches no selector (quirk 3); the pod cannot be created in it anyway.
	if !m.found || !r.namespaces.Matches(m.labels) {
		return NamespaceSelectorDiffers, nil
	}
	return Matched, nil
}

func (m *matcher) lookUp(ctx context.Context) error {
	if m.looked {
		return nil
	}
	namespaceLabels, found, err := m.view.NamespaceLabels(ctx, m.pod.namespace)
	if err != nil {
		unable := decision.CannotTell("read namespace %q for the namespaceSelector of a SidecarSet: %w", m.pod.namespace, err)
		unable.RetryAfter = lookupRetry
		return unable
	}
	m.looked, m.found, m.labels = true, found, namespaceLabels
	return nil
}

// matching lists the rules that apply to the pod, in the order in which they apply, and those that select it and yet do not apply.
// A matched canary removes the SidecarSet that it names as its base, even if that is the canary itself (spec/inject.md 2.4).
func (m *matcher) matching(ctx context.Context, candidates []*rule) (matched []*rule, skipped []Reason, err error) {
	for _, r := range candidates {
		clause, err := m.match(ctx, r)
		switch {
		case err != nil:
			return nil, nil, err
		case clause == Matched:
			matched = append(matched, r)
		case clause != SelectorDiffers:
			skipped = append(skipped, Reason{r.name, clause, m.detail(r, clause)})
		}
	}
	slices.SortFunc(matched, (*rule).compare)
	canaries := canariesAmong(matched)
	matched = slices.DeleteFunc(matched, func(r *rule) bool {
		canary, superseded := canaries[r.name]
		if superseded {
			skipped = append(skipped, supersededBy(r.name, canary))
		}
		return superseded
	})
	slices.SortFunc(skipped, func(a, b Reason) int { return strings.Compare(a.SidecarSet, b.SidecarSet) })
	return matched, skipped, nil
}

// canariesAmong gives the bases of matched canaries, each with the first of its canaries.
func canariesAmong(matched []*rule) map[string]string {
	var canaries map[string]string
	for _, r := range slices.Backward(matched) {
		if r.canaryOf != "" {
			if canaries == nil {
				canaries = map[string]string{}
			}
			canaries[r.canaryOf] = r.name
		}
	}
	return canaries
}
