package validate_test

import (
	"testing"

	"github.com/kruise-admission/kruise-admission/validate"
)

var ephemeralJobKind = workloadKind{
	resource: "ephemeraljobs",
	base: map[string]string{onlyAlpha: `{"apiVersion":"apps.kruise.io/v1alpha1","kind":"EphemeralJob","metadata":{"name":"job","namespace":"default"},
		"spec":{"selector":{"matchLabels":{"app":"test"}},"template":{"ephemeralContainers":[
		{"name":"debug","image":"image","imagePullPolicy":"IfNotPresent","terminationMessagePolicy":"File"}]}}}`},
	update: map[string]string{onlyAlpha: "spec.template.ephemeralContainers.0"},
}

func TestEphemeralJob(t *testing.T) {
	for i := range ephemeralJobCases {
		ephemeralJobCases[i].versions = onlyAlpha // there is no other
	}
	runCases(t, ephemeralJobKind, ephemeralJobCases, func(reviewer validate.EphemeralJob) validate.EphemeralJob { return reviewer })
}

// Case 29 is below.
func TestEveryEphemeralJobRuleHasAPassingAndAFailingCase(t *testing.T) {
	checkCoverage(t, ephemeralJobCases, 15, 1, 30, 29)
}

func TestEphemeralJobRequests(t *testing.T) {
	for name, object := range map[string]string{
		"no JSON": "no JSON", "another kind": `{"kind":"CloneSet"}`, "another version": `{"apiVersion":"apps.kruise.io/v1beta1"}`,
		"an object instead of a list": `{"spec":{"template":{"ephemeralContainers":{}}}}`,
	} {
		if answer := ephemeralJobKind.review(t, validate.EphemeralJob{}, onlyAlpha, []byte(object), nil); answer.Allowed || answer.Code != 400 {
			t.Errorf("%s: allowed %t, code %d", name, answer.Allowed, answer.Code)
		}
	}
	base := []byte(ephemeralJobKind.base[onlyAlpha])
	if answer := ephemeralJobKind.review(t, validate.EphemeralJob{}, onlyAlpha, base, []byte(`{"spec":"x"}`)); !answer.Allowed {
		t.Errorf("an old object that cannot be read: %s", answer.Message)
	}
	deletion := ephemeralJobKind.request(onlyAlpha, nil, base)
	deletion.Operation = "DELETE"
	if answer, err := (validate.EphemeralJob{}).Review(t.Context(), deletion); err != nil || !answer.Allowed {
		t.Errorf("a deletion: %+v, %v", answer, err)
	}
}

func FuzzEphemeralJob(f *testing.F) {
	f.Add(onlyAlpha, ephemeralJobKind.base[onlyAlpha], "")
	f.Add(onlyAlpha, `{"spec":{"template":{"ephemeralContainers":[null,{"env":[{}],"envFrom":[{}],"ports":[{}],"volumeMounts":[{}],"securityContext":{}}]}}}`, `[]`)
	f.Add(onlyAlpha, `{"spec":{"selector":{"matchExpressions":[{}]},"template":null}}`, `{"spec":{}}`)
	fuzzReviewers(f, ephemeralJobKind, validate.EphemeralJob{})
}
