package validate

// The patches of the subsets: whether the pods that they make of those of the workload are valid (rule 11).

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/podpatch"
	"github.com/kruise-admission/kruise-admission/api/workloadspread"
	"github.com/kruise-admission/kruise-admission/decision"
)

// patches checks the patches that are new, if the target is one whose pods are known: a kind that is not built in may keep its
// template anywhere, and a workload that does not exist yet has none.
func (r WorkloadSpread) patches(ctx context.Context, namespace string, spread, old *workloadSpread, validTarget bool, found *findings) error {
	target, ok := workloadspread.TargetOf(spread.spec.TargetReference)
	kind, known := workloadspread.BuiltIn(target.GroupKind)
	if r.Workloads == nil || !validTarget || !ok || !known || !spread.hasNewPatch(old) {
		return nil
	}
	raw, err := r.Workloads.Workload(ctx, kind, namespace, target.Name)
	if err != nil {
		return err
	}
	if raw == nil {
		return nil
	}
	template, claims, err := templateAndClaims(raw)
	if err != nil {
		return decision.CannotTell("the patches of the subsets cannot be checked without the template of the %s %s/%s: %w",
			target.GroupKind, namespace, target.Name, err)
	}
	for i := range spread.spec.Subsets {
		if patch := spread.spec.Subsets[i].Patch.Raw; isPatch(patch) && !old.hasPatch(patch) {
			if err := r.patch(ctx, template, patch, claims, subsetsPath.Index(i).Child("patch"), found); err != nil {
				return err
			}
		}
	}
	return nil
}

// patch checks one patch; path is that of the patch.
func (r WorkloadSpread) patch(ctx context.Context, template json.RawMessage, patch []byte, claims []string, path *field.Path, found *findings) error {
	patched, pods, fault := patchedTemplate(template, patch)
	if fault != "" {
		found.add(field.ErrorList{field.Invalid(path, string(patch), fault)})
		return nil
	}
	if r.Templates == nil {
		found.annotate(templateCheckAnnotation, templateCheckBuiltIn)
		found.add(templateRules{claims: claims}.template(pods, path))
		return nil
	}
	found.annotate(templateCheckAnnotation, templateCheckCluster)
	_, causes, warnings, err := r.Templates.CheckTemplate(ctx, patched, claims)
	if err != nil {
		return err
	}
	for _, cause := range causes {
		found.addCause(below(path, cause))
	}
	for _, warning := range warnings {
		found.warn(fmt.Sprintf("the template of the workload with %s", warningText(below(path, warning))))
	}
	return nil
}

// patchedTemplate returns the template after the patch, or why there is none.
func patchedTemplate(template json.RawMessage, patch []byte) (patched json.RawMessage, pods *corev1.PodTemplateSpec, fault string) {
	patched, err := podpatch.Apply(template, patch)
	if err != nil {
		return nil, nil, err.Error()
	}
	pods = &corev1.PodTemplateSpec{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(patched, pods); err != nil {
		return nil, nil, "makes pods that cannot be decoded: " + err.Error()
	}
	return patched, pods, ""
}

// templateAndClaims reads what the pods of a workload are made of: its template, and the names of its claim templates.
func templateAndClaims(workload []byte) (template json.RawMessage, claims []string, err error) {
	if template, err = sentTemplate(workload); err != nil {
		return nil, nil, err
	}
	var sent struct {
		Spec struct {
			Claims []struct {
				Metadata struct {
					Name string `json:"name"`
				} `json:"metadata"`
			} `json:"volumeClaimTemplates"`
		} `json:"spec"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(workload, &sent); err != nil {
		return nil, nil, err
	}
	for _, claim := range sent.Spec.Claims {
		claims = append(claims, claim.Metadata.Name)
	}
	return template, claims, nil
}

func (s *workloadSpread) hasNewPatch(old *workloadSpread) bool {
	for i := range s.spec.Subsets {
		if patch := s.spec.Subsets[i].Patch.Raw; isPatch(patch) && !old.hasPatch(patch) {
			return true
		}
	}
	return false
}

// hasPatch says whether some subset has that very patch. s may be nil.
func (s *workloadSpread) hasPatch(patch []byte) bool {
	if s == nil {
		return false
	}
	for i := range s.spec.Subsets {
		if bytes.Equal(s.spec.Subsets[i].Patch.Raw, patch) {
			return true
		}
	}
	return false
}

// isPatch says whether there is a patch; null is none.
func isPatch(raw []byte) bool {
	return len(raw) > 0 && !bytes.Equal(bytes.TrimSpace(raw), []byte("null"))
}
