package validate

// The templates of an AdvancedCronJob: rules 5, 6 and 9, what must not change, and templates from which no job can be created.

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
)

// cronTemplate is a template that makes jobs with pods.
type cronTemplate struct {
	// member is its name below spec.template.
	member string
	// job is the template without its pod template.
	job any
	// pods is the pod template.
	pods *workload
	// broadcast is the spec of a BroadcastJob; nil for a Job.
	broadcast *v1beta1.BroadcastJobSpec
}

func (t *cronTemplate) path() *field.Path { return templatePath.Child(t.member) }

// cronTemplates lists the templates that make pods. raw is the whole object.
func cronTemplates(template *v1beta1.CronJobTemplate, raw []byte) ([]*cronTemplate, error) {
	var templates []*cronTemplate
	add := func(t *cronTemplate, pods corev1.PodTemplateSpec) error {
		sent, err := sentMember(raw, "spec", "template", t.member, "spec", "template")
		t.pods = &workload{kind: "AdvancedCronJob", pods: pods, template: sent, templateAt: t.path().Child("spec", "template")}
		templates = append(templates, t)
		return err
	}
	if job := template.JobTemplate; job != nil {
		rest := *job
		rest.Spec.Template = corev1.PodTemplateSpec{}
		if err := add(&cronTemplate{member: "jobTemplate", job: rest}, job.Spec.Template); err != nil {
			return nil, err
		}
	}
	if job := template.BroadcastJobTemplate; job != nil {
		rest := *job
		rest.Spec.Template = corev1.PodTemplateSpec{}
		if err := add(&cronTemplate{member: "broadcastJobTemplate", job: rest, broadcast: &job.Spec}, job.Spec.Template); err != nil {
			return nil, err
		}
	}
	return templates, nil
}

// template returns the template of a name, nil if there is none.
func (j *advancedCronJob) template(member string) *cronTemplate {
	if j == nil {
		return nil
	}
	for _, template := range j.templates {
		if template.member == member {
			return template
		}
	}
	return nil
}

// withTemplateDefaults gives the pod templates the defaults that count when they are judged and compared.
func (j *advancedCronJob) withTemplateDefaults(defaults func(json.RawMessage) (json.RawMessage, error)) error {
	if j == nil {
		return nil
	}
	for _, template := range j.templates {
		judged, err := template.pods.withDefaults(defaults)
		if err != nil {
			return err
		}
		template.pods = judged
	}
	return nil
}

// oneCronTemplate checks that there is one template and no other.
func oneCronTemplate(template *v1beta1.CronJobTemplate) field.ErrorList {
	number := 0
	for _, set := range []bool{template.JobTemplate != nil, template.BroadcastJobTemplate != nil, template.ImageListPullJobTemplate != nil} {
		if set {
			number++
		}
	}
	if number == 1 {
		return nil
	}
	return field.ErrorList{field.Forbidden(templatePath, "must have one of jobTemplate, broadcastJobTemplate and imageListPullJobTemplate, and no other")}
}

// sameCronTemplates refuses changes of templates that make pods, and a template for images where there was none.
func sameCronTemplates(job, old *advancedCronJob) field.ErrorList {
	var errs field.ErrorList
	const remedy = "is immutable: keep it, or delete the AdvancedCronJob and create it anew"
	for _, member := range []string{"jobTemplate", "broadcastJobTemplate"} {
		template, before := job.template(member), old.template(member)
		same := template == nil && before == nil
		if template != nil && before != nil {
			same = equality.Semantic.DeepEqual(template.job, before.job) && sameTemplates(template.pods, before.pods)
		}
		if !same {
			errs = append(errs, field.Forbidden(templatePath.Child(member), remedy))
		}
	}
	if job.spec.Template.ImageListPullJobTemplate != nil && old.spec.Template.ImageListPullJobTemplate == nil {
		errs = append(errs, field.Forbidden(templatePath.Child("imageListPullJobTemplate"),
			"cannot be added later: delete the AdvancedCronJob and create it anew"))
	}
	return errs
}

// neverStarts says why no job can be created from a template, whatever the schedule: the job itself would be refused.
func (t *cronTemplate) neverStarts() field.ErrorList {
	errs := endingPods(&t.pods.pods, t.pods.templatePath())
	if t.broadcast != nil {
		errs = append(errs, neverOver(&t.broadcast.CompletionPolicy, t.path().Child("spec"))...)
		errs = append(errs, reservedJobLabels(&t.pods.pods, t.pods.templatePath())...)
	}
	return errs
}
