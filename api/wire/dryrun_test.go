package wire

import (
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestIsDryRun(t *testing.T) {
	yes, no := true, false
	raw := func(text string) runtime.RawExtension { return runtime.RawExtension{Raw: []byte(text)} }
	for name, test := range map[string]struct {
		request admissionv1.AdmissionRequest
		want    bool
	}{
		"nothing is said":             {},
		"in the request":              {admissionv1.AdmissionRequest{DryRun: &yes}, true},
		"denied in the request":       {admissionv1.AdmissionRequest{DryRun: &no}, false},
		"in the options":              {admissionv1.AdmissionRequest{DryRun: &no, Options: raw(`{"kind":"DeleteOptions","dryRun":["All"]}`)}, true},
		"options of another spelling": {admissionv1.AdmissionRequest{Options: raw(`{"dryrun":["All"]}`)}, false},
		"options that are none":       {admissionv1.AdmissionRequest{Options: raw(`[]`)}, false},
		"of nothing":                  {admissionv1.AdmissionRequest{Options: raw(`{"dryRun":[]}`)}, false},
		"in an eviction":              {admissionv1.AdmissionRequest{SubResource: "eviction", Object: raw(`{"deleteOptions":{"dryRun":["All"]}}`)}, true},
		"an eviction":                 {admissionv1.AdmissionRequest{SubResource: "eviction", Object: raw(`{"deleteOptions":{"gracePeriodSeconds":5}}`)}, false},
		"an eviction that is none":    {admissionv1.AdmissionRequest{SubResource: "eviction", Object: raw(`{"deleteOptions":1}`)}, false},
		"in another object":           {admissionv1.AdmissionRequest{Object: raw(`{"deleteOptions":{"dryRun":["All"]}}`)}, false},
	} {
		if got := IsDryRun(&test.request); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
