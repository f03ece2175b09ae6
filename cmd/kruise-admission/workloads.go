package main

import (
	"encoding/json"

	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// What happens to a new workload whose name is too long for its pods: the values of --long-names.
const (
	longNamesRefuse = "refuse"
	longNamesWarn   = "warn"
)

// addWorkloads adds the rules of CloneSet, Advanced StatefulSet and Advanced DaemonSet. A nil look-up must reach them as a nil
// interface, so each is given only when there is one.
func addWorkloads(rules *webhook.Rules, options *serveOptions, gates featuregate.FeatureGate, asked lookups) {
	noTemplateDefaults := gates.Enabled(webhook.TemplateNoDefaults)
	hostPorts := gates.Enabled(webhook.DefaultHostNetworkHostPortsInPodTemplates)
	autoResize := gates.Enabled(webhook.StatefulSetAutoResizePVCGate)
	warnOnly := options.longNames == longNamesWarn
	templateDefaults := func(template json.RawMessage) (json.RawMessage, error) {
		return defaults.PodTemplate(template, hostPorts)
	}

	mutateCloneSet := defaults.CloneSet{NoTemplateDefaults: noTemplateDefaults, HostPorts: hostPorts}
	mutateStatefulSet := defaults.StatefulSet{
		NoTemplateDefaults: noTemplateDefaults,
		HostPorts:          hostPorts,
		AutoDeletePVC:      gates.Enabled(webhook.StatefulSetAutoDeletePVC),
		AutoResizePVC:      autoResize,
	}
	validateCloneSet := validate.CloneSet{
		Defaults: templateDefaults, ShortHash: gates.Enabled(webhook.CloneSetShortHash), NamesWarnOnly: warnOnly,
	}
	validateStatefulSet := validate.StatefulSet{Defaults: templateDefaults, AutoResizePVC: autoResize, NamesWarnOnly: warnOnly}
	validateDaemonSet := validate.DaemonSet{Defaults: templateDefaults, NamesWarnOnly: warnOnly}
	if asked.templates != nil {
		mutateCloneSet.Templates, mutateStatefulSet.Templates = asked.templates, asked.templates
		validateCloneSet.Templates, validateStatefulSet.Templates, validateDaemonSet.Templates = asked.templates, asked.templates, asked.templates
	}
	if asked.pods != nil {
		validateCloneSet.Pods = asked.pods
	}
	if asked.classes != nil {
		validateStatefulSet.StorageClasses = asked.classes
	}
	rules.Mutate["clonesets"], rules.Validate["clonesets"] = mutateCloneSet, validateCloneSet
	rules.Mutate["statefulsets"], rules.Validate["statefulsets"] = mutateStatefulSet, validateStatefulSet
	rules.Mutate["daemonsets"], rules.Validate["daemonsets"] = defaults.DaemonSet{}, validateDaemonSet
}
