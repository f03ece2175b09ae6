package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// ConvertTo makes hub what b is in v1beta1. The two share nothing afterwards. It never fails.
func (b *BroadcastJob) ConvertTo(hub *v1beta1.BroadcastJob) error {
	b = b.DeepCopy()
	*hub = v1beta1.BroadcastJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "BroadcastJob"},
		ObjectMeta: b.ObjectMeta, Spec: b.Spec, Status: b.Status,
	}
	return nil
}

// ConvertFrom makes b what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (b *BroadcastJob) ConvertFrom(hub *v1beta1.BroadcastJob) error {
	hub = hub.DeepCopy()
	*b = BroadcastJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "BroadcastJob"},
		ObjectMeta: hub.ObjectMeta, Spec: hub.Spec, Status: hub.Status,
	}
	return nil
}
