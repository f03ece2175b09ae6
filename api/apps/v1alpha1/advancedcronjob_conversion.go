package v1alpha1

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// The difference between the versions of AdvancedCronJob (spec/server.md 12.2): only v1beta1 has templates for pulling images. Such a
// template is kept in an annotation; OpenKruise fails to convert it. Package convert does the same to objects with fields that these
// types do not know.

// ReadKeptImageListPullJobTemplate reads the value of the annotation [KeptImageListPullJobTemplateKey]. A value that somebody has broken
// counts as none.
func ReadKeptImageListPullJobTemplate(text string) (kept *v1beta1.ImageListPullJobTemplateSpec, ok bool) {
	err := kjson.UnmarshalCaseSensitivePreserveInts([]byte(text), &kept)
	return kept, err == nil && kept != nil
}

// ConvertTo makes hub what j is in v1beta1. The two share nothing afterwards. It never fails.
func (j *AdvancedCronJob) ConvertTo(hub *v1beta1.AdvancedCronJob) error {
	j = j.DeepCopy()
	*hub = v1beta1.AdvancedCronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1beta1.GroupVersion.String(), Kind: "AdvancedCronJob"},
		ObjectMeta: j.ObjectMeta,
		Spec: v1beta1.AdvancedCronJobSpec{
			Schedule:                   j.Spec.Schedule,
			TimeZone:                   j.Spec.TimeZone,
			StartingDeadlineSeconds:    j.Spec.StartingDeadlineSeconds,
			ConcurrencyPolicy:          j.Spec.ConcurrencyPolicy,
			Paused:                     j.Spec.Paused,
			SuccessfulJobsHistoryLimit: j.Spec.SuccessfulJobsHistoryLimit,
			FailedJobsHistoryLimit:     j.Spec.FailedJobsHistoryLimit,
			Template: v1beta1.CronJobTemplate{
				JobTemplate:          j.Spec.Template.JobTemplate,
				BroadcastJobTemplate: j.Spec.Template.BroadcastJobTemplate,
			},
		},
		Status: j.Status,
	}
	if kept, ok := ReadKeptImageListPullJobTemplate(hub.Annotations[KeptImageListPullJobTemplateKey]); ok {
		hub.Spec.Template.ImageListPullJobTemplate = kept
	}
	remove(&hub.Annotations, KeptImageListPullJobTemplateKey)
	return nil
}

// ConvertFrom makes j what hub is in v1alpha1. The two share nothing afterwards. It fails only for values that have no JSON form,
// which no decoded object has.
func (j *AdvancedCronJob) ConvertFrom(hub *v1beta1.AdvancedCronJob) error {
	hub = hub.DeepCopy()
	*j = AdvancedCronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion.String(), Kind: "AdvancedCronJob"},
		ObjectMeta: hub.ObjectMeta,
		Spec: AdvancedCronJobSpec{
			Schedule:                   hub.Spec.Schedule,
			TimeZone:                   hub.Spec.TimeZone,
			StartingDeadlineSeconds:    hub.Spec.StartingDeadlineSeconds,
			ConcurrencyPolicy:          hub.Spec.ConcurrencyPolicy,
			Paused:                     hub.Spec.Paused,
			SuccessfulJobsHistoryLimit: hub.Spec.SuccessfulJobsHistoryLimit,
			FailedJobsHistoryLimit:     hub.Spec.FailedJobsHistoryLimit,
			Template: CronJobTemplate{
				JobTemplate:          hub.Spec.Template.JobTemplate,
				BroadcastJobTemplate: hub.Spec.Template.BroadcastJobTemplate,
			},
		},
		Status: hub.Status,
	}
	remove(&j.Annotations, KeptImageListPullJobTemplateKey)
	if hub.Spec.Template.ImageListPullJobTemplate == nil {
		return nil
	}
	text, err := json.Marshal(hub.Spec.Template.ImageListPullJobTemplate)
	if err != nil {
		return err
	}
	put(&j.Annotations, KeptImageListPullJobTemplateKey, string(text))
	return nil
}
