package validate

// What a ResourceDistribution may copy: one Secret or ConfigMap that the API server would create (rules 2 to 5). The resource is an
// arbitrary object of somebody else, and may be a secret: no message repeats what is in its data.

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
)

// resourceCheckAnnotation is the audit annotation that says who judged the resource.
const resourceCheckAnnotation = "resource-check"

// distributed is what the rules read of a resource.
type distributed struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name         string `json:"name"`
		GenerateName string `json:"generateName"`
	} `json:"metadata"`
	// Items makes an object a list for OpenKruise, which crashes on it.
	Items json.RawMessage `json:"items"`
}

// readDistributed reads a resource (rule 2).
func readDistributed(raw json.RawMessage) (*distributed, *field.Error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, field.Required(resourcePath, "the Secret or ConfigMap to copy")
	}
	var resource distributed
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &resource); err != nil {
		return nil, field.Invalid(resourcePath, field.OmitValueType{}, "must be a Secret or a ConfigMap: "+err.Error())
	}
	if resource.Kind == "" {
		return nil, field.Required(resourcePath.Child("kind"), "Secret or ConfigMap")
	}
	return &resource, nil
}

// resource checks what is to be copied.
func (r ResourceDistribution) resource(ctx context.Context, distribution, old *resourceDistribution, found *findings) error {
	raw := json.RawMessage(distribution.spec.Resource.Raw)
	resource, bad := readDistributed(raw)
	if bad != nil {
		found.add(field.ErrorList{bad})
		return nil
	}
	if errs := resource.copyable(); len(errs) > 0 {
		found.add(errs)
		return nil
	}
	if old != nil {
		if bytes.Equal(raw, old.spec.Resource.Raw) {
			found.annotate(resourceCheckAnnotation, "none, because the resource did not change")
			return nil
		}
		if errs := resource.same(old.spec.Resource.Raw); len(errs) > 0 {
			found.add(errs)
			return nil
		}
	}
	if resource.Metadata.Name == "" && resource.Metadata.GenerateName != "" {
		found.warn(resourcePath.Child("metadata", "name").String() + " is not set: copies are found by it, so write it instead of generateName")
	}
	if errs := builtInResource(resource, raw); len(errs) > 0 {
		found.add(errs)
		return nil
	}
	if r.Resources == nil {
		found.annotate(resourceCheckAnnotation, templateCheckBuiltIn)
		return nil
	}
	found.annotate(resourceCheckAnnotation, templateCheckCluster)
	causes, err := r.Resources.CheckResource(ctx, resource.Kind, raw)
	if err != nil {
		return err
	}
	for _, cause := range causes {
		found.addCause(below(resourcePath, cause))
	}
	return nil
}

// copyable checks that OpenKruise can copy objects of that kind (rule 3).
func (d *distributed) copyable() field.ErrorList {
	var errs field.ErrorList
	switch d.APIVersion {
	case "v1":
	case "":
		errs = append(errs, field.Required(resourcePath.Child("apiVersion"), "v1, that of Secret and ConfigMap"))
	default:
		errs = append(errs, field.Invalid(resourcePath.Child("apiVersion"), d.APIVersion, "must be v1, that of Secret and ConfigMap"))
	}
	switch d.Kind {
	case "Secret", "ConfigMap":
	default:
		errs = append(errs, field.NotSupported(resourcePath.Child("kind"), d.Kind, []string{"ConfigMap", "Secret"}))
	}
	if d.Items != nil {
		errs = append(errs, field.Forbidden(resourcePath.Child("items"), "one object is copied, no list: write a ResourceDistribution for each"))
	}
	return errs
}

// same refuses to make a resource another one (rule 4).
func (d *distributed) same(old json.RawMessage) field.ErrorList {
	was, bad := readDistributed(old)
	if bad != nil {
		bad.Detail = "the stored one cannot be compared with: delete the ResourceDistribution and create it anew; " + bad.Detail
		return field.ErrorList{bad}
	}
	var errs field.ErrorList
	stays := func(path *field.Path, is, was string) {
		if is != was {
			errs = append(errs, field.Invalid(path, is, fmt.Sprintf(
				"cannot change: it is %q; keep it, or create another ResourceDistribution", was)))
		}
	}
	stays(resourcePath.Child("apiVersion"), d.APIVersion, was.APIVersion)
	stays(resourcePath.Child("kind"), d.Kind, was.Kind)
	stays(resourcePath.Child("metadata", "name"), d.Metadata.Name, was.Metadata.Name)
	return errs
}
