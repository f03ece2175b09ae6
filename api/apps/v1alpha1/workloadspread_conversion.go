package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The differences between the versions of WorkloadSpread (spec/server.md 12.2): v1beta1 has other names for the node selectors of a subset,
// and conditions that need a reason and know the generation. Package convert does the same to objects with fields that these types do not know.

// ConvertTo makes hub what w is in v1beta1. The two share nothing afterwards. It never fails.
func (w *WorkloadSpread) ConvertTo(hub *v1beta1.WorkloadSpread) error {
	w = w.DeepCopy()
	*hub = v1beta1.WorkloadSpread{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "WorkloadSpread"},
		ObjectMeta: w.ObjectMeta,
		Spec: v1beta1.WorkloadSpreadSpec{
			TargetReference:  w.Spec.TargetReference,
			Subsets:          eachOf(w.Spec.Subsets, subsetUp),
			ScheduleStrategy: w.Spec.ScheduleStrategy,
			TargetFilter:     w.Spec.TargetFilter,
		},
		Status: v1beta1.WorkloadSpreadStatus{
			ObservedGeneration:      w.Status.ObservedGeneration,
			SubsetStatuses:          eachOf(w.Status.SubsetStatuses, subsetStatusUp),
			VersionedSubsetStatuses: eachVersion(w.Status.VersionedSubsetStatuses, subsetStatusUp),
		},
	}
	return nil
}

// ConvertFrom makes w what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (w *WorkloadSpread) ConvertFrom(hub *v1beta1.WorkloadSpread) error {
	hub = hub.DeepCopy()
	*w = WorkloadSpread{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "WorkloadSpread"},
		ObjectMeta: hub.ObjectMeta,
		Spec: WorkloadSpreadSpec{
			TargetReference:  hub.Spec.TargetReference,
			Subsets:          eachOf(hub.Spec.Subsets, subsetDown),
			ScheduleStrategy: hub.Spec.ScheduleStrategy,
			TargetFilter:     hub.Spec.TargetFilter,
		},
		Status: WorkloadSpreadStatus{
			ObservedGeneration:      hub.Status.ObservedGeneration,
			SubsetStatuses:          eachOf(hub.Status.SubsetStatuses, subsetStatusDown),
			VersionedSubsetStatuses: eachVersion(hub.Status.VersionedSubsetStatuses, subsetStatusDown),
		},
	}
	return nil
}

func subsetUp(s WorkloadSpreadSubset) v1beta1.WorkloadSpreadSubset {
	return v1beta1.WorkloadSpreadSubset{
		Name:                  s.Name,
		RequiredNodeSelector:  s.RequiredNodeSelectorTerm,
		PreferredNodeSelector: s.PreferredNodeSelectorTerms,
		Tolerations:           s.Tolerations,
		MaxReplicas:           s.MaxReplicas,
		Patch:                 s.Patch,
	}
}

func subsetDown(s v1beta1.WorkloadSpreadSubset) WorkloadSpreadSubset {
	return WorkloadSpreadSubset{
		Name:                       s.Name,
		RequiredNodeSelectorTerm:   s.RequiredNodeSelector,
		PreferredNodeSelectorTerms: s.PreferredNodeSelector,
		Tolerations:                s.Tolerations,
		MaxReplicas:                s.MaxReplicas,
		Patch:                      s.Patch,
	}
}

func subsetStatusUp(s WorkloadSpreadSubsetStatus) v1beta1.WorkloadSpreadSubsetStatus {
	return v1beta1.WorkloadSpreadSubsetStatus{
		Name:     s.Name,
		Replicas: s.Replicas,
		Conditions: eachOf(s.Conditions, func(c WorkloadSpreadSubsetCondition) metav1.Condition {
			return metav1.Condition{
				Type: c.Type, Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: reasonOf(c.Reason), Message: c.Message,
			}
		}),
		MissingReplicas: s.MissingReplicas,
		CreatingPods:    s.CreatingPods,
		DeletingPods:    s.DeletingPods,
	}
}

func subsetStatusDown(s v1beta1.WorkloadSpreadSubsetStatus) WorkloadSpreadSubsetStatus {
	return WorkloadSpreadSubsetStatus{
		Name:     s.Name,
		Replicas: s.Replicas,
		Conditions: eachOf(s.Conditions, func(c metav1.Condition) WorkloadSpreadSubsetCondition {
			return WorkloadSpreadSubsetCondition{
				Type: c.Type, Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: reasonOf(c.Reason), Message: c.Message,
			}
		}),
		MissingReplicas: s.MissingReplicas,
		CreatingPods:    s.CreatingPods,
		DeletingPods:    s.DeletingPods,
	}
}

// reasonOf gives a condition without reason the one that OpenKruise gives it.
func reasonOf(reason string) string {
	if reason == "" {
		return "Unknown"
	}
	return reason
}

// eachOf converts a list; none stays none.
func eachOf[From, To any](list []From, convert func(From) To) []To {
	if list == nil {
		return nil
	}
	converted := make([]To, len(list))
	for i, element := range list {
		converted[i] = convert(element)
	}
	return converted
}

func eachVersion[From, To any](versions map[string][]From, convert func(From) To) map[string][]To {
	if versions == nil {
		return nil
	}
	converted := make(map[string][]To, len(versions))
	for version, list := range versions {
		converted[version] = eachOf(list, convert)
	}
	return converted
}
