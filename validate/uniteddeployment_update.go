package validate

// What an update of a UnitedDeployment may not change: what the workloads of its subsets cannot change, and the nodes of a subset that
// keeps its name. The kind of workload may change.

import (
	"reflect"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// keptWorkload refuses to change what a StatefulSet of either kind cannot change. OpenKruise reports all at the spec of the template.
func keptWorkload(united, old *unitedDeployment) field.ErrorList {
	is, was := &united.spec.Template, &old.spec.Template
	switch {
	case united.one == nil || old.one == nil || united.one.member != old.one.member:
		return nil
	case is.StatefulSetTemplate != nil:
		ordered := func(spec appsv1.StatefulSetSpec) appsv1.StatefulSetSpec {
			if spec.PodManagementPolicy == "" {
				spec.PodManagementPolicy = appsv1.OrderedReadyPodManagement
			}
			return spec
		}
		return united.one.unchanged(ordered(is.StatefulSetTemplate.Spec), ordered(was.StatefulSetTemplate.Spec),
			"replicas", "selector", "template", "updateStrategy", "minReadySeconds", "ordinals", "persistentVolumeClaimRetentionPolicy")
	case is.AdvancedStatefulSetTemplate != nil:
		return united.one.unchanged(is.AdvancedStatefulSetTemplate.Spec, was.AdvancedStatefulSetTemplate.Spec,
			"replicas", "template", "updateStrategy")
	}
	return nil
}

// unchanged refuses differences between two specs of the same type, apart from those in some members.
func (w *subsetWorkload) unchanged(spec, old any, except ...string) field.ErrorList {
	var errs field.ErrorList
	is, was := reflect.ValueOf(spec), reflect.ValueOf(old)
	for i := range is.NumField() {
		name, _, _ := strings.Cut(is.Type().Field(i).Tag.Get("json"), ",")
		if slices.Contains(except, name) || equality.Semantic.DeepEqual(is.Field(i).Interface(), was.Field(i).Interface()) {
			continue
		}
		errs = append(errs, field.Forbidden(w.path.Child("spec", name),
			"cannot change, because the workloads of the subsets exist: keep it, or delete the UnitedDeployment and create it anew"))
	}
	return errs
}

// sameNodes refuses to send a subset that exists to other nodes.
func sameNodes(united, old *unitedDeployment) field.ErrorList {
	const remedy = "the nodes of a subset cannot change: keep it, or add a subset of another name and remove this one"
	known := map[string]*v1beta1.Subset{}
	for i := range old.spec.Topology.Subsets {
		known[old.spec.Topology.Subsets[i].Name] = &old.spec.Topology.Subsets[i]
	}
	var errs field.ErrorList
	for i := range united.spec.Topology.Subsets {
		subset := &united.spec.Topology.Subsets[i]
		before := known[subset.Name]
		if before == nil {
			continue
		}
		if !equality.Semantic.DeepEqual(subset.NodeSelectorTerm, before.NodeSelectorTerm) {
			errs = append(errs, field.Forbidden(topologySubsetsPath.Index(i).Child("nodeSelectorTerm"), remedy))
		}
		if !equality.Semantic.DeepEqual(subset.Tolerations, before.Tolerations) {
			errs = append(errs, field.Forbidden(topologySubsetsPath.Index(i).Child("tolerations"), remedy))
		}
	}
	return errs
}

// changedSelectorHint warns of a new selector, which OpenKruise lets through.
func changedSelectorHint(united, old *unitedDeployment, found *findings) {
	if !equality.Semantic.DeepEqual(united.selector, old.selector) {
		found.warn("spec.selector was " + metav1.FormatLabelSelector(old.selector) +
			": the workloads of subsets that exist cannot change theirs; delete the UnitedDeployment and create it anew")
	}
}
