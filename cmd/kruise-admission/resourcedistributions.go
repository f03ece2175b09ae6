package main

import (
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// addResourceDistributions adds the rule of ResourceDistribution, which has no defaults.
func addResourceDistributions(rules *webhook.Rules, gates featuregate.FeatureGate, asked lookups) {
	rule := validate.ResourceDistribution{Disabled: !gates.Enabled(webhook.ResourceDistributionGate)}
	if asked.resources != nil {
		rule.Resources = asked.resources
	}
	rules.Validate["resourcedistributions"] = rule
}
