package validate_test

import (
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/mutate-apps-kruise-io-uniteddeployment"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.UnitedDeployment{
			NoTemplateDefaults: gates["TemplateNoDefaults"],
			HostPorts:          gates["DefaultHostNetworkHostPortsInPodTemplates"],
		}
	}
	recordedReviewers["/validate-apps-kruise-io-uniteddeployment"] = func(*universe, gates) decision.Reviewer {
		return validate.UnitedDeployment{}
	}
}
