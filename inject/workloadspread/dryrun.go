package workloadspread

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
)

// isDryRun says whether a request changes nothing. API servers say it in the request; its options say it, too.
func isDryRun(request *admissionv1.AdmissionRequest) bool {
	if request.DryRun != nil && *request.DryRun {
		return true
	}
	var options struct {
		DryRun []string `json:"dryRun"`
	}
	err := json.UnmarshalCaseSensitivePreserveInts(request.Options.Raw, &options)
	return err == nil && slices.Contains(options.DryRun, metav1.DryRunAll)
}
