package audit

import (
	"fmt"
	"slices"

	"github.com/kruise-admission/kruise-admission/inject"
)

// SidecarSets says what is wrong with SidecarSets, after all pods have been judged. complete says that these were all pods of the
// cluster; otherwise nothing is said of SidecarSets that apply to none.
func (s *Scan) SidecarSets(complete bool) ([]Finding, error) {
	ignored, err := s.options.Engine.Ignored()
	if err != nil {
		return nil, err
	}
	var found []Finding
	useless := map[string]bool{}
	for _, reason := range ignored {
		useless[reason.SidecarSet] = true
		kind, detail := Broken, reason.Detail
		switch reason.Clause {
		case inject.SelectorDiffers:
			detail = "spec.selector: " + detail
		case inject.Paused:
			kind = Paused
		}
		found = append(found, Finding{Kind: kind, SidecarSet: reason.SidecarSet, Detail: detail})
	}
	for key, c := range s.clashes {
		found = append(found, Finding{Kind: Clash, SidecarSet: key.first, Detail: fmt.Sprintf(
			"it and SidecarSet %s both bring a container %q into %d of the pods, such as %s: new ones are refused; rename it in one of them, or change a selector",
			key.second, c.container, c.pods, c.pod)})
	}
	if complete {
		for _, set := range s.options.View.SidecarSets() {
			if s.pods[set.Name] == 0 && !useless[set.Name] {
				found = append(found, Finding{Kind: Idle, SidecarSet: set.Name, Detail: "no pod matches its selectors"})
			}
		}
	}
	slices.SortFunc(found, Compare)
	return found, nil
}
