package validate_test

import (
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
)

func init() {
	recordedReviewers["/mutate-apps-kruise-io-broadcastjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.BroadcastJob{NoTemplateDefaults: gates["TemplateNoDefaults"], HostPorts: gates["DefaultHostNetworkHostPortsInPodTemplates"]}
	}
	recordedReviewers["/validate-apps-kruise-io-broadcastjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return validate.BroadcastJob{Defaults: templateDefaults(gates)}
	}
	recordedReviewers["/mutate-apps-kruise-io-advancedcronjob"] = func(_ *universe, gates gates) decision.Reviewer {
		return defaults.AdvancedCronJob{NoTemplateDefaults: gates["TemplateNoDefaults"], HostPorts: gates["DefaultHostNetworkHostPortsInPodTemplates"]}
	}
	recordedReviewers["/validate-apps-kruise-io-v1alpha1-ephemeraljob"] = func(*universe, gates) decision.Reviewer { return validate.EphemeralJob{} }
}
