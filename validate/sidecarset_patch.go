package validate

// Rules c5: which pod annotations a SidecarSet may write. The cluster's administrator allows them in a whitelist (spec/inject.md
// 6.4).

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func (c *sidecarSetCheck) patchPodMetadata() {
	patches, path := c.set.Spec.PatchPodMetadata, specPath.Child("patchPodMetadata")
	if len(patches) == 0 {
		return
	}
	if err := c.whitelisted(patches); err != nil { // 1
		c.add(field.Required(path, err.Error()))
	}
	owner := map[string]int{}
	for i, patch := range patches {
		at := path.Index(i)
		if len(patch.Annotations) == 0 { // 2
			c.add(field.Required(at.Child("annotations"), "name the annotations to write, or remove the entry"))
		}
		c.add(apivalidation.ValidateAnnotations(patch.Annotations, at.Child("annotations"))...) // 3
		if patch.PatchPolicy == "" {                                                            // 4
			c.add(field.Required(at.Child("patchPolicy"), "one of Retain, Overwrite, MergePatchJson"))
		}
		for _, key := range slices.Sorted(maps.Keys(patch.Annotations)) { // 5
			if first, taken := owner[key]; taken {
				c.add(field.Required(at.Child("annotations").Key(key), fmt.Sprintf("entry %d writes this annotation already: keep one", first)))
				continue
			}
			owner[key] = i
		}
	}
}

// patchPolicyFaults finds policies that nobody knows, which injection ignores (quirk 48), and texts that cannot be merged,
// which refuse every pod that has the annotation (quirk 15). OpenKruise accepts both.
func patchPolicyFaults(set *v1beta1.SidecarSet) field.ErrorList {
	var errs field.ErrorList
	for i, patch := range set.Spec.PatchPodMetadata {
		path := specPath.Child("patchPodMetadata").Index(i)
		switch patch.PatchPolicy {
		case "", v1beta1.SidecarSetRetainPatchPolicy, v1beta1.SidecarSetOverwritePatchPolicy:
		case v1beta1.SidecarSetMergePatchJsonPatchPolicy:
			for _, key := range slices.Sorted(maps.Keys(patch.Annotations)) {
				if !mergeable(patch.Annotations[key]) {
					errs = append(errs, field.Invalid(path.Child("annotations").Key(key), patch.Annotations[key],
						"MergePatchJson needs a JSON object or array; use Overwrite for plain text"))
				}
			}
		default:
			errs = append(errs, field.NotSupported(path.Child("patchPolicy"), patch.PatchPolicy, patchPolicies))
		}
	}
	return errs
}

var patchPolicies = []v1beta1.SidecarSetPatchPolicyType{
	v1beta1.SidecarSetRetainPatchPolicy, v1beta1.SidecarSetOverwritePatchPolicy, v1beta1.SidecarSetMergePatchJsonPatchPolicy,
}

// mergeable reports whether a text is a JSON object or array.
func mergeable(text string) bool {
	text = strings.TrimSpace(text)
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && json.Valid([]byte(text))
}

// whitelist is the value of the setting.
type whitelist struct {
	Rules []struct {
		// Selector says for which SidecarSets the rule is, by their labels; absent or {} means all.
		Selector *metav1.LabelSelector `json:"selector"`
		// AllowedAnnotationKeyExprs are regular expressions, not anchored.
		AllowedAnnotationKeyExprs []string `json:"allowedAnnotationKeyExprs"`
	} `json:"rules"`
}

// whitelisted is rule 1: it says why the annotations are not allowed, or nothing.
func (c *sidecarSetCheck) whitelisted(patches []v1beta1.SidecarSetPatchPodMetadata) error {
	allowed, err := c.allowedAnnotations()
	if err != nil {
		return err
	}
	if len(allowed) == 0 {
		if c.rules.PatchPodMetadataDefaultsAllowed {
			c.warn("spec.patchPodMetadata is allowed only because no whitelist applies to this SidecarSet (gate SidecarSetPatchPodMetadataDefaultsAllowed)")
			return nil
		}
		return fmt.Errorf("no whitelist allows this SidecarSet to write pod annotations: add a rule to the key %s of the ConfigMap kruise-configuration in the server's namespace",
			sidecarset.PatchPodMetadataWhiteListKey)
	}
	for _, patch := range patches {
		for _, key := range slices.Sorted(maps.Keys(patch.Annotations)) {
			if !slices.ContainsFunc(allowed, func(expression *regexp.Regexp) bool { return expression.MatchString(key) }) {
				return fmt.Errorf("the whitelist (key %s of the ConfigMap kruise-configuration in the server's namespace) does not allow the annotation %q",
					sidecarset.PatchPodMetadataWhiteListKey, key)
			}
		}
	}
	return nil
}

// allowedAnnotations collects the expressions of the whitelist's rules for this SidecarSet; none means that there is no
// whitelist for it.
func (c *sidecarSetCheck) allowedAnnotations() ([]*regexp.Regexp, error) {
	text, found := c.rules.Cluster.Setting(sidecarset.PatchPodMetadataWhiteListKey)
	if !found || text == "" {
		return nil, nil
	}
	var list whitelist
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("the whitelist (key %s of the ConfigMap kruise-configuration in the server's namespace) is not valid JSON: %w", sidecarset.PatchPodMetadataWhiteListKey, err)
	}
	var allowed []*regexp.Regexp
	for i, rule := range list.Rules {
		if rule.Selector != nil {
			selector, err := metav1.LabelSelectorAsSelector(rule.Selector)
			if err != nil {
				return nil, fmt.Errorf("rule %d of the whitelist has a broken selector: %w", i, err)
			}
			if !selector.Matches(labels.Set(c.set.Labels)) {
				continue
			}
		}
		for _, text := range rule.AllowedAnnotationKeyExprs {
			expression, err := regexp.Compile(text)
			if err != nil {
				return nil, fmt.Errorf("rule %d of the whitelist has a broken expression %q: %w", i, text, err)
			}
			allowed = append(allowed, expression)
		}
	}
	return allowed, nil
}
