package main

import (
	"encoding/json"
	_ "time/tzdata" // AdvancedCronJobs name time zones, and the image has no files: 0.5 MB

	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// addJobs adds the rules of the kinds that come to an end: BroadcastJob, AdvancedCronJob, EphemeralJob and ContainerRecreateRequest. A nil
// look-up must reach them as a nil interface, so each is given only when there is one.
func addJobs(rules *webhook.Rules, gates featuregate.FeatureGate, asked lookups) {
	noTemplateDefaults := gates.Enabled(webhook.TemplateNoDefaults)
	hostPorts := gates.Enabled(webhook.DefaultHostNetworkHostPortsInPodTemplates)
	templateDefaults := func(template json.RawMessage) (json.RawMessage, error) {
		return defaults.PodTemplate(template, hostPorts)
	}
	mutateBroadcastJob := defaults.BroadcastJob{NoTemplateDefaults: noTemplateDefaults, HostPorts: hostPorts}
	validateBroadcastJob := validate.BroadcastJob{Defaults: templateDefaults}
	validateAdvancedCronJob := validate.AdvancedCronJob{Defaults: templateDefaults}
	if asked.templates != nil {
		mutateBroadcastJob.Templates = asked.templates
		validateBroadcastJob.Templates, validateAdvancedCronJob.Templates = asked.templates, asked.templates
	}
	recreate := defaults.ContainerRecreateRequest{GateOff: gateOff(gates, webhook.KruiseDaemon)}
	if asked.wholePods != nil {
		recreate.Pods = asked.wholePods
	}
	rules.Mutate["broadcastjobs"], rules.Validate["broadcastjobs"] = mutateBroadcastJob, validateBroadcastJob
	rules.Mutate["advancedcronjobs"] = defaults.AdvancedCronJob{NoTemplateDefaults: noTemplateDefaults, HostPorts: hostPorts}
	rules.Validate["advancedcronjobs"] = validateAdvancedCronJob
	rules.Validate["ephemeraljobs"] = validate.EphemeralJob{}
	rules.Mutate["containerrecreaterequests"] = recreate
}
