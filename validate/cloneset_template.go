package validate

// The pod template of a CloneSet (rule 8): judged by the API server where there is one, by the built-in short list
// otherwise. Claim templates count as volumes, and their names have to be names of volumes.

import (
	"bytes"
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The audit annotation that says who judged the pod template.
const (
	templateCheckAnnotation = "pod-template-check"
	templateCheckCluster    = "the API server, by dry run"
	templateCheckBuiltIn    = "the built-in short list, without an API server"
	templateCheckNone       = "none, because the template did not change"
)

// template checks the pod template and the names of the claim templates. What an update leaves alone is not judged again.
func (r CloneSet) template(ctx context.Context, set, old *cloneSet, found *findings) error {
	if old != nil && sameTemplate(set, old) {
		found.annotate(templateCheckAnnotation, templateCheckNone)
		return nil
	}
	found.add(claimTemplateNames(set))
	builtIn := templateRules{claims: set.claimNames()}.template(&set.spec.Template, templatePath)
	if r.Templates == nil {
		found.annotate(templateCheckAnnotation, templateCheckBuiltIn)
		found.add(builtIn)
		return nil
	}
	found.annotate(templateCheckAnnotation, templateCheckCluster)
	_, causes, warnings, err := r.Templates.CheckTemplate(ctx, set.template, set.claimNames())
	if err != nil {
		return err
	}
	for _, cause := range causes {
		found.addCause(inWords(underTemplate(cause), builtIn))
	}
	for _, warning := range warnings {
		found.warn(warningText(underTemplate(warning)))
	}
	return nil
}

// sameTemplate reports whether an update changes neither the pod template nor the claim templates.
func sameTemplate(set, old *cloneSet) bool {
	return equality.Semantic.DeepEqual(set.spec.Template, old.spec.Template) &&
		equality.Semantic.DeepEqual(set.spec.VolumeClaimTemplates, old.spec.VolumeClaimTemplates) &&
		samePodSpec(set, old)
}

// samePodSpec compares pod specs whose known members are the same: there may be others.
func samePodSpec(set, old *cloneSet) bool {
	if bytes.Equal(set.template, old.template) {
		return true
	}
	before, err := comparablePodSpec(old.template)
	if err != nil {
		return false
	}
	after, err := comparablePodSpec(set.template)
	return err == nil && equality.Semantic.DeepEqual(before, after)
}

// claimTemplateNames checks that every claim template has the name of a volume that no other volume has. OpenKruise reports
// such a name as that of a volume which the user has not written.
func claimTemplateNames(set *cloneSet) field.ErrorList {
	taken := map[string]string{}
	for i := range set.spec.Template.Spec.Volumes {
		taken[set.spec.Template.Spec.Volumes[i].Name] = "a volume of the pod template"
	}
	var errs field.ErrorList
	for i, name := range set.claimNames() {
		path := claimTemplateName(i)
		if name == "" {
			errs = append(errs, field.Required(path, "the name by which containers mount the claim"))
			continue
		}
		for _, message := range validation.IsDNS1123Label(name) {
			errs = append(errs, field.Invalid(path, name, message))
		}
		if other, ok := taken[name]; ok {
			duplicate := field.Duplicate(path, name)
			duplicate.Detail = "is also the name of " + other + ": rename one of the two"
			errs = append(errs, duplicate)
		}
		taken[name] = "another claim template"
	}
	return errs
}

// underTemplate puts the path of the template before a path that is relative to it. The API server calls the metadata's
// labels and annotations the template's own.
func underTemplate(cause metav1.StatusCause) metav1.StatusCause {
	switch {
	case cause.Field == "":
		cause.Field = templatePath.String()
	case cause.Field == "labels" || cause.Field == "annotations":
		cause.Field = templatePath.Child("metadata", cause.Field).String()
	default:
		cause.Field = templatePath.String() + "." + cause.Field
	}
	return cause
}

// inWords gives a fault that the API server found the words of the built-in check when that found it too: they say what to
// do, and know the claim templates.
func inWords(cause metav1.StatusCause, builtIn field.ErrorList) metav1.StatusCause {
	i := slices.IndexFunc(builtIn, func(err *field.Error) bool {
		return err.Field == cause.Field && metav1.CauseType(err.Type) == cause.Type
	})
	if i >= 0 {
		cause.Message = builtIn[i].ErrorBody()
	}
	return cause
}

// warningText is what the user reads about a field that the API server warns of.
func warningText(warning metav1.StatusCause) string {
	text := warning.Field + ": " + warning.Message
	if warning.Message == "unknown field" {
		text += ": the cluster does not know it and it will have no effect; check its spelling and place"
	}
	return text
}
