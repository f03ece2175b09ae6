package validate

// InPlaceOnly: a workload that never recreates pods may change in its pod template only what a running pod can take (inplace.go).
// The new policy decides: switching to InPlaceOnly together with a wider change is refused, switching away from it together with
// one is not.

import (
	"bytes"
	"context"
	"encoding/json"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/decision"
)

// inPlaceOnly compares the templates of an InPlaceOnly workload; policyPath is where the user says InPlaceOnly.
func (r templateReview) inPlaceOnly(ctx context.Context, w, old *workload, policyPath *field.Path, found *findings) error {
	if bytes.Equal(w.template, old.template) {
		return nil
	}
	errs, err := r.inPlaceChanges(w, old)
	if err != nil {
		return err
	}
	if len(errs) > 0 && r.cluster != nil {
		if errs, err = r.clusterInPlaceChanges(ctx, w, old, errs); err != nil {
			return err
		}
	}
	if len(errs) > 0 {
		errs = append(errs, field.Forbidden(policyPath, "InPlaceOnly lets only spec.template.metadata and the images of containers change: "+
			"undo the changes above, or set InPlaceIfPossible or ReCreate in the same update to have pods recreated"))
	}
	found.add(errs)
	return nil
}

// inPlaceChanges compares the two templates with the defaults of admission. A stored template may lack them: the gate
// TemplateNoDefaults, or a time before the webhook was installed.
func (r templateReview) inPlaceChanges(w, old *workload) (field.ErrorList, error) {
	templates := [2]json.RawMessage{old.template, w.template}
	if r.defaults != nil {
		for i := range templates {
			var err error
			if templates[i], err = r.defaults(templates[i]); err != nil {
				return nil, decision.CannotTell("default the pod template: %w", err)
			}
		}
	}
	return compareTemplates(templates[0], templates[1])
}

// clusterInPlaceChanges compares the two templates once more, with the defaults of the cluster: a newer Kubernetes may fill in
// what this build does not know. It returns known when the cluster refuses one of the templates.
func (r templateReview) clusterInPlaceChanges(ctx context.Context, w, old *workload, known field.ErrorList) (field.ErrorList, error) {
	// Both with the same claims, so that another claim template is no other volume.
	claims := append(w.claimNames(), old.claimNames()...)
	before, causes, _, err := r.cluster.CheckTemplate(ctx, old.template, claims)
	if err != nil || len(causes) > 0 {
		return known, err
	}
	after, causes, _, err := r.cluster.CheckTemplate(ctx, w.template, claims)
	if err != nil || len(causes) > 0 {
		return known, err
	}
	return compareTemplates(before, after, aliasOfServiceAccountName)
}

// aliasOfServiceAccountName is a member of pod specs whose value the API server makes that of serviceAccountName.
const aliasOfServiceAccountName = "serviceAccount"

// compareTemplates compares two templates, apart from the named members of their pod specs.
func compareTemplates(old, now json.RawMessage, except ...string) (field.ErrorList, error) {
	before, err := comparablePodSpec(old)
	if err != nil {
		return nil, decision.CannotTell("read the old pod template: %w", err)
	}
	after, err := comparablePodSpec(now)
	if err != nil {
		return nil, decision.CannotTell("read the pod template: %w", err)
	}
	for _, member := range except {
		delete(before, member)
		delete(after, member)
	}
	return inPlaceErrors(before, after, templatePath.Child("spec")), nil
}
