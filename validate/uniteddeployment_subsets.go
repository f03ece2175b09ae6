package validate

// The subsets of a UnitedDeployment: their names and nodes, and what moving pods between them excludes (rules (c) 4, 8 and 9). How many
// pods they have is in uniteddeployment_replicas.go.

import (
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

var topologySubsetsPath = specPath.Child("topology", "subsets")

func adaptive(spec *v1beta1.UnitedDeploymentSpec) bool {
	return spec.Topology.ScheduleStrategy.Type == v1beta1.AdaptiveUnitedDeploymentScheduleStrategyType
}

// reservation refuses to keep pods without room next to their replacements where pods have identities.
func reservation(spec *v1beta1.UnitedDeploymentSpec) field.ErrorList {
	tuning := spec.Topology.ScheduleStrategy.Adaptive
	stateful := spec.Template.StatefulSetTemplate != nil || spec.Template.AdvancedStatefulSetTemplate != nil
	if !adaptive(spec) || tuning == nil || !tuning.ReserveUnschedulablePods || !stateful {
		return nil
	}
	return field.ErrorList{field.Invalid(specPath.Child("topology", "scheduleStrategy"), "reserveUnschedulablePods: true",
		"works with deploymentTemplate and cloneSetTemplate only, because pods of StatefulSets have identities: remove adaptive.reserveUnschedulablePods")}
}

// topologySubsets checks each subset by itself.
func topologySubsets(spec *v1beta1.UnitedDeploymentSpec) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for i := range spec.Topology.Subsets {
		subset, path := &spec.Topology.Subsets[i], topologySubsetsPath.Index(i)
		errs = append(errs, subsetName(subset.Name, seen, path.Child("name"))...)
		errs = append(errs, nodeSelectorTerm(&subset.NodeSelectorTerm, false, path.Child("nodeSelectorTerm"))...)
		errs = append(errs, tolerations(subset.Tolerations, path.Child("tolerations"))...)
		if subset.Replicas != nil && adaptive(spec) {
			errs = append(errs, field.Forbidden(path.Child("replicas"),
				"pods move between subsets with scheduleStrategy Adaptive, so a subset has no fixed number: write minReplicas and maxReplicas instead"))
		}
	}
	return errs
}

func subsetName(name string, seen map[string]bool, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "it becomes part of the name of the subset's workload")}
	}
	var errs field.ErrorList
	if seen[name] {
		errs = append(errs, field.Invalid(path, name, "is the name of an earlier subset, too: rename one of the two"))
	}
	seen[name] = true
	for _, message := range validation.IsDNS1123Label(name) {
		errs = append(errs, field.Invalid(path, name, message))
	}
	return errs
}

// manualUpdate checks the update strategy. How many pods a partition keeps back is not checked: it may be more than there are.
func manualUpdate(spec *v1beta1.UnitedDeploymentSpec) field.ErrorList {
	strategy := &spec.UpdateStrategy
	switch strategy.Type {
	case "", v1beta1.ManualUpdateStrategyType:
	default:
		return field.ErrorList{field.NotSupported(updateStrategyPath.Child("type"), strategy.Type,
			[]v1beta1.UpdateStrategyType{v1beta1.ManualUpdateStrategyType})}
	}
	if strategy.ManualUpdate == nil {
		return nil
	}
	subsets := sets.New[string]()
	for i := range spec.Topology.Subsets {
		subsets.Insert(spec.Topology.Subsets[i].Name)
	}
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(strategy.ManualUpdate.Partitions)) {
		if !subsets.Has(name) {
			errs = append(errs, field.Invalid(updateStrategyPath.Child("manualUpdate", "partitions"), name,
				fmt.Sprintf("there is no subset %q: remove it, or add the subset", name)))
		}
	}
	return errs
}
