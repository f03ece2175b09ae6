package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// ImagePullJob and ImageListPullJob have the same fields in both versions.

// ConvertTo makes hub what j is in v1beta1. The two share nothing afterwards. It never fails.
func (j *ImagePullJob) ConvertTo(hub *v1beta1.ImagePullJob) error {
	j = j.DeepCopy()
	*hub = v1beta1.ImagePullJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "ImagePullJob"},
		ObjectMeta: j.ObjectMeta, Spec: j.Spec, Status: j.Status,
	}
	return nil
}

// ConvertFrom makes j what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (j *ImagePullJob) ConvertFrom(hub *v1beta1.ImagePullJob) error {
	hub = hub.DeepCopy()
	*j = ImagePullJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "ImagePullJob"},
		ObjectMeta: hub.ObjectMeta, Spec: hub.Spec, Status: hub.Status,
	}
	return nil
}

// ConvertTo makes hub what j is in v1beta1. The two share nothing afterwards. It never fails.
func (j *ImageListPullJob) ConvertTo(hub *v1beta1.ImageListPullJob) error {
	j = j.DeepCopy()
	*hub = v1beta1.ImageListPullJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "ImageListPullJob"},
		ObjectMeta: j.ObjectMeta, Spec: j.Spec, Status: j.Status,
	}
	return nil
}

// ConvertFrom makes j what hub is in v1alpha1. The two share nothing afterwards. It never fails.
func (j *ImageListPullJob) ConvertFrom(hub *v1beta1.ImageListPullJob) error {
	hub = hub.DeepCopy()
	*j = ImageListPullJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "ImageListPullJob"},
		ObjectMeta: hub.ObjectMeta, Spec: hub.Spec, Status: hub.Status,
	}
	return nil
}
