package validate

// Which names volume claim templates may have: each is the name of a volume of the pods.

import (
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// takenName is the name of a claim template that something else has, too. What that means depends on the kind.
type takenName struct {
	path     *field.Path
	name, by string
}

// claimTemplateNames checks that every claim template has the name of a volume, and returns those whose name is taken.
func (w *workload) claimTemplateNames() (errs field.ErrorList, taken []takenName) {
	seen := map[string]string{}
	for i := range w.pods.Spec.Volumes {
		seen[w.pods.Spec.Volumes[i].Name] = "a volume of the pod template"
	}
	for i, name := range w.claimNames() {
		path := claimTemplatePath(i).Child("metadata", "name")
		if name == "" {
			errs = append(errs, field.Required(path, "the name by which containers mount the claim"))
			continue
		}
		for _, message := range validation.IsDNS1123Label(name) {
			errs = append(errs, field.Invalid(path, name, message))
		}
		if by, found := seen[name]; found {
			taken = append(taken, takenName{path, name, by})
		}
		seen[name] = "another claim template"
	}
	return errs, taken
}
