package main

import (
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// addUnitedDeployments adds the rules of UnitedDeployment.
func addUnitedDeployments(rules *webhook.Rules, gates featuregate.FeatureGate, asked lookups) {
	rules.Mutate["uniteddeployments"] = defaults.UnitedDeployment{
		NoTemplateDefaults: gates.Enabled(webhook.TemplateNoDefaults),
		HostPorts:          gates.Enabled(webhook.DefaultHostNetworkHostPortsInPodTemplates),
	}
	rule := validate.UnitedDeployment{}
	if asked.templates != nil {
		rule.Templates = asked.templates
	}
	rules.Validate["uniteddeployments"] = rule
}
