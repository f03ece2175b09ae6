package inject

import (
	"fmt"
	"slices"
	"strings"
)

// maxNamed is up to how many SidecarSets a cluster may have for the audit annotation of a pod to name each that does not select it. Above,
// the annotation would cost more than the decision, and only says how many there are; [Engine.Explain] gives each its reason.
const maxNamed = 20

// names lists the rules, or nothing when there are too many.
func (s *snapshot) names() []string {
	if s.count > maxNamed {
		return nil
	}
	var names []string
	for name := range s.rules.all() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// others says which SidecarSets have a selector that differs from the labels of a pod, or cannot be asked because they are broken. told
// are those for which the pod has another reason.
func (s *snapshot) others(told []string) string {
	if s.count > maxNamed {
		return fmt.Sprintf("%d SidecarSets: %s", s.count-len(told), SelectorDiffers)
	}
	var b strings.Builder
	b.Grow(len(s.alone))
	for _, name := range s.few {
		if slices.Contains(told, name) {
			continue
		}
		clause := SelectorDiffers
		if s.rules.get(name).broken != nil {
			clause = Broken
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(name) // as Reason.String has it, which costs three allocations
		b.WriteString(": ")
		b.WriteString(string(clause))
	}
	return b.String()
}

// others says which SidecarSets have nothing to do with this pod.
func (in *injection) others() string {
	told := make([]string, 0, len(in.choices)+len(in.skipped))
	for _, c := range in.choices {
		told = append(told, c.rule.name)
	}
	for _, reason := range in.skipped {
		told = append(told, reason.SidecarSet)
	}
	return in.snapshot.others(told)
}
