package validate

// The pod template of a workload: judged by the API server where there is one, by the built-in short list otherwise. Claim
// templates count as volumes.

import (
	"context"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/decision"
)

// The audit annotation that says who judged the pod template.
const (
	templateCheckAnnotation = "pod-template-check"
	templateCheckCluster    = "the API server, by dry run"
	templateCheckBuiltIn    = "the built-in short list, without an API server"
	templateCheckNone       = "none, because the template did not change"
)

// TemplateChecker asks an API server about a pod template, as JSON. claims are the names of the workload's volume claim
// templates, which the template may mount. A valid template comes back with its defaults, a refused one with causes; the
// Field of causes and warnings is relative to the template. An error means "cannot tell".
type TemplateChecker interface {
	CheckTemplate(ctx context.Context, template json.RawMessage, claims []string) (
		defaulted json.RawMessage, causes, warnings []metav1.StatusCause, err error)
}

// templateReview judges the pod templates of workloads.
type templateReview struct {
	// cluster asks the API server; nil when there is none.
	cluster TemplateChecker
	// defaults gives a template the defaults of admission; nil leaves templates as they are.
	defaults func(json.RawMessage) (json.RawMessage, error)
}

// check checks the pod template. One that an update leaves alone, together with the claim templates, is not judged again.
func (r templateReview) check(ctx context.Context, w *workload, changed bool, found *findings) error {
	if !changed {
		found.annotate(templateCheckAnnotation, templateCheckNone)
		return nil
	}
	builtIn := templateRules{claims: w.claimNames()}.template(&w.pods, w.templatePath())
	if r.cluster == nil {
		found.annotate(templateCheckAnnotation, templateCheckBuiltIn)
		found.add(builtIn)
		return nil
	}
	found.annotate(templateCheckAnnotation, templateCheckCluster)
	_, causes, warnings, err := r.cluster.CheckTemplate(ctx, w.template, w.claimNames())
	if err != nil {
		return err
	}
	for _, cause := range causes {
		found.addCause(inWords(underTemplate(cause, w.templatePath()), builtIn))
	}
	for _, warning := range warnings {
		found.warn(warningText(underTemplate(warning, w.templatePath())))
	}
	return nil
}

// withDefaults returns the workload with the pod template that is to be judged: with defaults, which are not stored. Nil: as it is.
func (w *workload) withDefaults(defaults func(json.RawMessage) (json.RawMessage, error)) (*workload, error) {
	if defaults == nil {
		return w, nil
	}
	template, err := defaults(w.template)
	if err != nil {
		return nil, decision.CannotTell("default the pod template: %w", err)
	}
	judged := *w
	judged.template = template
	judged.pods.Reset()
	if err := kjson.UnmarshalCaseSensitivePreserveInts(template, &judged.pods); err != nil {
		return nil, decision.CannotTell("read the defaulted pod template: %w", err)
	}
	return &judged, nil
}

// underTemplate puts the path of a template before a path that is relative to it. The API server calls the metadata's
// labels and annotations the template's own.
func underTemplate(cause metav1.StatusCause, templatePath *field.Path) metav1.StatusCause {
	if cause.Field == "labels" || cause.Field == "annotations" {
		templatePath = templatePath.Child("metadata")
	}
	return below(templatePath, cause)
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
