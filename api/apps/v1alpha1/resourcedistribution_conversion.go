package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of ResourceDistribution (spec/server.md 12.2): two names. Package convert does the same to objects
// with fields that these types do not know.

// ConvertTo makes hub what d is in v1beta1. The two share nothing afterwards. It never fails.
func (d *ResourceDistribution) ConvertTo(hub *v1beta1.ResourceDistribution) error {
	d = d.DeepCopy()
	*hub = v1beta1.ResourceDistribution{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "ResourceDistribution"},
		ObjectMeta: d.ObjectMeta,
		Spec: v1beta1.ResourceDistributionSpec{
			Resource: d.Spec.Resource,
			Targets: v1beta1.ResourceDistributionTargets{
				AllNamespaces:      d.Spec.Targets.AllNamespaces,
				IncludedNamespaces: d.Spec.Targets.IncludedNamespaces,
				NamespaceSelector:  d.Spec.Targets.NamespaceLabelSelector,
				ExcludedNamespaces: d.Spec.Targets.ExcludedNamespaces,
			},
		},
		Status: v1beta1.ResourceDistributionStatus{
			ObservedGeneration: d.Status.ObservedGeneration,
			Desired:            d.Status.Desired,
			Succeeded:          d.Status.Succeeded,
			Failed:             d.Status.Failed,
		},
	}
	for _, condition := range d.Status.Conditions {
		hub.Status.Conditions = append(hub.Status.Conditions, v1beta1.ResourceDistributionCondition(condition))
	}
	return nil
}

// ConvertFrom makes d what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (d *ResourceDistribution) ConvertFrom(hub *v1beta1.ResourceDistribution) error {
	hub = hub.DeepCopy()
	*d = ResourceDistribution{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "ResourceDistribution"},
		ObjectMeta: hub.ObjectMeta,
		Spec: ResourceDistributionSpec{
			Resource: hub.Spec.Resource,
			Targets: ResourceDistributionTargets{
				AllNamespaces:          hub.Spec.Targets.AllNamespaces,
				IncludedNamespaces:     hub.Spec.Targets.IncludedNamespaces,
				NamespaceLabelSelector: hub.Spec.Targets.NamespaceSelector,
				ExcludedNamespaces:     hub.Spec.Targets.ExcludedNamespaces,
			},
		},
		Status: ResourceDistributionStatus{
			ObservedGeneration: hub.Status.ObservedGeneration,
			Desired:            hub.Status.Desired,
			Succeeded:          hub.Status.Succeeded,
			Failed:             hub.Status.Failed,
		},
	}
	for _, condition := range hub.Status.Conditions {
		d.Status.Conditions = append(d.Status.Conditions, ResourceDistributionCondition(condition))
	}
	return nil
}
