package webhook

import (
	"bytes"
	"testing"

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

// chartSecondChance is what templates/_secondchance.tpl needs to do what SecondChance does.
type chartSecondChance struct {
	Suffix         string     `json:"suffix"`
	Path           string     `json:"path"`
	TimeoutSeconds int32      `json:"timeoutSeconds"`
	Marked         chartEntry `json:"marked"`
	Second         chartEntry `json:"second"`
}

type chartEntry struct {
	Prefix    string `json:"prefix"`
	Condition any    `json:"condition"`
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
	table.SecondChance = chartSecondChance{
		Suffix: SecondChanceSuffix, Path: firstChancePath, TimeoutSeconds: firstChanceTimeoutSeconds,
		Marked: chartEntry{MarkedPrefix, markedCondition}, Second: chartEntry{SecondChancePrefix, unmarkedCondition},
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
