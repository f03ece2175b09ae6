package validate_test

import (
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/validate-apps-kruise-io-resourcedistribution"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.ResourceDistribution{Disabled: !gates["ResourceDistributionGate"]}
	}
}
