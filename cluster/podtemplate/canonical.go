package podtemplate

// What is asked about: the template as canonical JSON, so that equal templates are equal bytes, with a volume for each claim
// template of the workload.

import (
	"bytes"
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
)

// canonicalTemplate gives the same bytes for templates that are the same JSON value, whatever the order of their members.
func canonicalTemplate(template json.RawMessage, claims []string) ([]byte, *metav1.StatusCause) {
	decoder := json.NewDecoder(bytes.NewReader(template))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil || members == nil {
		return nil, &metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Message: "must be a JSON object"}
	}
	addClaimVolumes(members, claims)
	canonical, err := json.Marshal(members)
	if err != nil {
		return nil, &metav1.StatusCause{Type: metav1.CauseTypeFieldValueInvalid, Message: err.Error()}
	}
	return canonical, nil
}

// addClaimVolumes appends a volume for each claim template. A template that has no pod spec, or no list of volumes where one
// belongs, stays as it is: the API server has more to say about it than about its claims.
func addClaimVolumes(template map[string]any, claims []string) {
	spec, ok := template["spec"].(map[string]any)
	if !ok {
		return
	}
	volumes, ok := spec["volumes"].([]any)
	if !ok && spec["volumes"] != nil {
		return
	}
	taken := map[string]bool{}
	for _, volume := range volumes {
		members, _ := volume.(map[string]any)
		name, _ := members["name"].(string)
		taken[name] = true
	}
	for _, claim := range claims {
		if taken[claim] || len(validation.IsDNS1123Label(claim)) > 0 {
			continue
		}
		taken[claim] = true
		volumes = append(volumes, map[string]any{
			"name": claim, "persistentVolumeClaim": map[string]any{"claimName": claim},
		})
	}
	if len(volumes) > 0 {
		spec["volumes"] = volumes
	}
}
