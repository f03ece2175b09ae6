package v1alpha1

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of UnitedDeployment (spec/server.md 12.2): the status of v1alpha1 says twice how many pods a subset
// has and how many of them keep the old revision, by subset and in two maps. Package convert does the same to objects with fields that
// these types do not know.

// ConvertTo makes hub what d is in v1beta1. The two share nothing afterwards. It never fails.
func (d *UnitedDeployment) ConvertTo(hub *v1beta1.UnitedDeployment) error {
	d = d.DeepCopy()
	*hub = v1beta1.UnitedDeployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "UnitedDeployment"},
		ObjectMeta: d.ObjectMeta,
		Spec:       d.Spec,
		Status: v1beta1.UnitedDeploymentStatus{
			ObservedGeneration:   d.Status.ObservedGeneration,
			ReadyReplicas:        d.Status.ReadyReplicas,
			Replicas:             d.Status.Replicas,
			UpdatedReplicas:      d.Status.UpdatedReplicas,
			UpdatedReadyReplicas: d.Status.UpdatedReadyReplicas,
			ReservedPods:         d.Status.ReservedPods,
			CollisionCount:       d.Status.CollisionCount,
			CurrentRevision:      d.Status.CurrentRevision,
			SubsetStatuses:       d.Status.SubsetStatuses,
			Conditions:           d.Status.Conditions,
			LabelSelector:        d.Status.LabelSelector,
		},
	}
	intoSubsets(&hub.Status.SubsetStatuses, d.Status.SubsetReplicas, func(subset *v1beta1.UnitedDeploymentSubsetStatus) *int32 {
		return &subset.Replicas
	})
	if update := d.Status.UpdateStatus; update != nil {
		hub.Status.UpdatedRevision = update.UpdatedRevision
		intoSubsets(&hub.Status.SubsetStatuses, update.CurrentPartitions, func(subset *v1beta1.UnitedDeploymentSubsetStatus) *int32 {
			return &subset.Partition
		})
	}
	return nil
}

// intoSubsets hands numbers over to the subsets of these names. Names without subset get one.
func intoSubsets(subsets *[]v1beta1.UnitedDeploymentSubsetStatus, numbers map[string]int32, member func(*v1beta1.UnitedDeploymentSubsetStatus) *int32) {
	missing := maps.Clone(numbers)
	for i := range *subsets {
		subset := &(*subsets)[i]
		if number, ok := numbers[subset.Name]; ok {
			*member(subset) = number
		}
		delete(missing, subset.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(missing)) {
		subset := v1beta1.UnitedDeploymentSubsetStatus{Name: name}
		*member(&subset) = missing[name]
		*subsets = append(*subsets, subset)
	}
}

// ConvertFrom makes d what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (d *UnitedDeployment) ConvertFrom(hub *v1beta1.UnitedDeployment) error {
	hub = hub.DeepCopy()
	*d = UnitedDeployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "UnitedDeployment"},
		ObjectMeta: hub.ObjectMeta,
		Spec:       hub.Spec,
		Status: UnitedDeploymentStatus{
			ObservedGeneration:   hub.Status.ObservedGeneration,
			ReadyReplicas:        hub.Status.ReadyReplicas,
			Replicas:             hub.Status.Replicas,
			UpdatedReplicas:      hub.Status.UpdatedReplicas,
			UpdatedReadyReplicas: hub.Status.UpdatedReadyReplicas,
			ReservedPods:         hub.Status.ReservedPods,
			CollisionCount:       hub.Status.CollisionCount,
			CurrentRevision:      hub.Status.CurrentRevision,
			SubsetStatuses:       hub.Status.SubsetStatuses,
			Conditions:           hub.Status.Conditions,
			LabelSelector:        hub.Status.LabelSelector,
		},
	}
	if hub.Status.UpdatedRevision != "" || len(hub.Status.SubsetStatuses) > 0 {
		d.Status.UpdateStatus = &UpdateStatus{UpdatedRevision: hub.Status.UpdatedRevision}
	}
	if len(hub.Status.SubsetStatuses) == 0 {
		return nil
	}
	d.Status.SubsetReplicas, d.Status.UpdateStatus.CurrentPartitions = map[string]int32{}, map[string]int32{}
	for _, subset := range hub.Status.SubsetStatuses {
		d.Status.SubsetReplicas[subset.Name] = subset.Replicas
		d.Status.UpdateStatus.CurrentPartitions[subset.Name] = subset.Partition
	}
	return nil
}
