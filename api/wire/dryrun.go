package wire

import (
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/json"
)

// IsDryRun says whether a request changes nothing. API servers say it in the request; its options say it, too, and an eviction has
// options of its own, which are those of the deletion that follows.
func IsDryRun(request *admissionv1.AdmissionRequest) bool {
	if request.DryRun != nil && *request.DryRun || isDryRun(request.Options.Raw) {
		return true
	}
	if request.SubResource != "eviction" {
		return false
	}
	var eviction struct {
		DeleteOptions options `json:"deleteOptions"`
	}
	err := json.UnmarshalCaseSensitivePreserveInts(request.Object.Raw, &eviction)
	return err == nil && eviction.DeleteOptions.isDryRun()
}

// options is what the options of all verbs have.
type options struct {
	DryRun []string `json:"dryRun"`
}

func (o options) isDryRun() bool { return slices.Contains(o.DryRun, metav1.DryRunAll) }

func isDryRun(raw []byte) bool {
	var sent options
	err := json.UnmarshalCaseSensitivePreserveInts(raw, &sent)
	return err == nil && sent.isDryRun()
}
