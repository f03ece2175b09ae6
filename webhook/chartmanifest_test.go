package webhook

import (
	"bytes"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"
)

// chartPath is the endpoint table as the Helm chart reads it.
const chartPath = "../deploy/charts/kruise-admission/files/webhooks.yaml"

// concern says which values of the chart hold for an endpoint.
func concern(endpoint Endpoint) string {
	switch {
	case endpoint.Path == podPath:
		return "disruptions"
	case endpoint.ExemptNamespaces:
		return "pods"
	case endpoint.ObjectSelector != nil:
		return "protection"
	default:
		return "workloads"
	}
}

// chartSecondChance is what templates/_secondchance.tpl needs to do what SecondChance does: into what an entry is split in the configuration
// where it stands, and in that of the suffix.
type chartSecondChance struct {
	Suffix string `json:"suffix"`
	// TimeoutSeconds is the most of a call that is not the last.
	TimeoutSeconds int32         `json:"timeoutSeconds"`
	First          []chartChance `json:"first"`
	Second         []chartChance `json:"second"`
}

type chartChance struct {
	Prefix          string                                   `json:"prefix"`
	Path            string                                   `json:"path"`
	Last            bool                                     `json:"last"`
	MatchConditions []admissionregistrationv1.MatchCondition `json:"matchConditions"`
}

// TestManifestForChart keeps the entries of the chart equal to the endpoint table; `make generate` rewrites them.
func TestManifestForChart(t *testing.T) {
	type entry struct {
		Concern string `json:"concern"`
		Webhook any    `json:"webhook"`
	}
	var table struct {
		Mutating   []entry `json:"mutating"`
		Validating []entry `json:"validating"`
		// SecondChance is how an entry for pods is split.
		SecondChance chartSecondChance `json:"secondChance"`
	}
	concerns := map[string]string{}
	for _, endpoint := range Endpoints() {
		concerns[endpoint.Name] = concern(endpoint)
	}
	mutating, validating := Configurations(ConfigurationOptions{Namespace: "RELEASE-NAMESPACE", Service: "RELEASE-SERVICE"})
	for _, webhook := range mutating.Webhooks {
		table.Mutating = append(table.Mutating, entry{concerns[webhook.Name], webhook})
	}
	for _, webhook := range validating.Webhooks {
		table.Validating = append(table.Validating, entry{concerns[webhook.Name], webhook})
	}
	table.SecondChance = chartSecondChance{Suffix: SecondChanceSuffix, TimeoutSeconds: chanceTimeoutSeconds}
	for _, c := range chances {
		entry := chartChance{c.prefix, c.path, c.last, []admissionregistrationv1.MatchCondition{}}
		if c.condition != nil {
			entry.MatchConditions = append(entry.MatchConditions, *c.condition)
		}
		if c.second {
			table.SecondChance.Second = append(table.SecondChance.Second, entry)
		} else {
			table.SecondChance.First = append(table.SecondChance.First, entry)
		}
	}
	text, err := yaml.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	want.WriteString("# Generated from the endpoint table (webhook/endpoint.go) by `make generate`.\n" +
		"# templates/_webhooks.tpl replaces RELEASE-NAMESPACE and RELEASE-SERVICE, and lays the values of the concern over each entry.\n")
	want.Write(text)
	compareFile(t, chartPath, want.Bytes())
}
