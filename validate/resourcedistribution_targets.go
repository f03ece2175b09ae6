package validate

// Where a ResourceDistribution copies to (rule 6). Namespaces need not exist.

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

var targetsPath = specPath.Child("targets")

func (d *resourceDistribution) targets(found *findings) {
	targets := &d.spec.Targets
	found.add(namespaceNames(targets.IncludedNamespaces.List, targetsPath.Child("includedNamespaces", "list")))
	found.add(namespaceNames(targets.ExcludedNamespaces.List, targetsPath.Child("excludedNamespaces", "list")))
	found.add(includedAndExcluded(targets))
	found.add(labelSelector(&targets.NamespaceSelector, targetsPath.Child(d.selectorName)))
	if !targets.AllNamespaces && len(targets.IncludedNamespaces.List) == 0 && selectsEverything(&targets.NamespaceSelector) {
		found.warn(fmt.Sprintf("%s names no namespace, so nothing is copied: set allNamespaces, includedNamespaces or %s", targetsPath, d.selectorName))
	}
}

func namespaceNames(namespaces []v1beta1.ResourceDistributionNamespace, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, namespace := range namespaces {
		if namespace.Name == "" {
			errs = append(errs, field.Required(path.Index(i).Child("name"), "the name of a namespace"))
			continue
		}
		for _, message := range validation.IsDNS1123Label(namespace.Name) {
			errs = append(errs, field.Invalid(path.Index(i).Child("name"), namespace.Name, message))
		}
	}
	return errs
}

// includedAndExcluded tells all namespaces that are in both lists in one error.
func includedAndExcluded(targets *v1beta1.ResourceDistributionTargets) field.ErrorList {
	excluded := sets.New(targets.ExcludedNamespaces.List...)
	both := sets.New(targets.IncludedNamespaces.List...).Intersection(excluded)
	if len(both) == 0 {
		return nil
	}
	names := make([]string, 0, len(both))
	for namespace := range both {
		names = append(names, namespace.Name)
	}
	slices.Sort(names)
	return field.ErrorList{field.Invalid(targetsPath, names, "are both included and excluded: remove them from one of the two lists")}
}
