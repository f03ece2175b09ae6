package webhook

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/internal/sourcedoc"
	"github.com/kruise-admission/kruise-admission/protection"
)

// TestEndpointTable keeps docs/endpoints.md equal to the endpoint table; `make generate` rewrites it.
func TestEndpointTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Endpoints\n\n" +
		"Generated from the endpoint table (webhook/endpoint.go) by `make generate`.\n\n" +
		"All entries: `sideEffects: None`, `matchPolicy: Equivalent`, AdmissionReview v1 and v1beta1. " +
		"Names and paths are OpenKruise's; the aliases are paths of its earlier releases.\n\n" +
		"| webhook | path | aliases | group | versions | resource | operations | only objects | failure policy | timeout | what it does |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, endpoint := range Endpoints() {
		rule := endpoint.Rules[0]
		operations := make([]string, len(rule.Operations))
		for i, operation := range rule.Operations {
			operations[i] = string(operation)
		}
		group, versions, resource := rule.APIGroups[0], strings.Join(rule.APIVersions, ", "), rule.Resources[0]
		switch {
		case len(endpoint.Rules) > 1:
			group, versions, resource = "all", "all", "all that are protected"
		case group == "":
			group = "core"
		}
		only := "all"
		switch {
		case endpoint.ObjectSelector != nil:
			only = "with label `" + protection.Label + "`"
		case endpoint.ExemptNamespaces:
			only = "outside kube-system, the server's own namespace and namespaces labelled `control-plane`"
		}
		policy := "Fail"
		if endpoint.GoesOnWithout {
			policy = "Ignore"
		}
		for _, condition := range endpoint.MatchConditions {
			only += ", if " + condition.Name
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s | %s | %s | %s | %d s | %s |\n", endpoint.Name, endpoint.Path,
			codes(endpoint.Aliases), group, versions, resource,
			strings.Join(operations, ", "), only, policy, endpoint.TimeoutSeconds, endpoint.Purpose)
	}
	b.WriteString("\nWith a configuration of delete protection there is also `vdeleteprotection.kb.io`, on `" + protectionPath + "`, for deletes of\n" +
		"the resources that it adds; see [protection.md](protection.md).\n")
	for _, endpoint := range Endpoints() {
		if len(endpoint.Marking) > 0 {
			fmt.Fprintf(&b, "\nWith a second chance, `%s` and what it is split into call %s; see [high-availability.md](high-availability.md#a-second-chance-for-pods).\n",
				endpoint.Name, codes(endpoint.Marking))
		}
	}
	b.WriteString("\nAlso served on the HTTPS listener: `" + ConvertPath + "` (CRD conversion) and `/healthz`. Every other path is a plain 404.\n")
	compareFile(t, "../docs/endpoints.md", []byte(b.String()))
}

func codes(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = "`" + text + "`"
	}
	return strings.Join(quoted, ", ")
}

// TestGateTable keeps docs/feature-gates.md equal to the gates; `make generate` rewrites it.
func TestGateTable(t *testing.T) {
	gates, err := ParseGates("")
	if err != nil {
		t.Fatal(err)
	}
	source, err := sourcedoc.Read(".")
	if err != nil {
		t.Fatal(err)
	}
	meanings := map[string]string{}
	for _, declared := range source.Declared() {
		if declared.Type == "featuregate.Feature" {
			meanings[declared.Values[0]] = declared.Doc
		}
	}
	var b strings.Builder
	b.WriteString("# Feature gates\n\nGenerated from webhook/gates.go by `make generate`.\n\n" +
		"Names, defaults and dependencies are OpenKruise's, so that one `--feature-gates` value serves both programs. Gates that only " +
		"its controllers read are known and have no effect here. `AllAlpha` and `AllBeta` set every gate of that maturity that is not named.\n\n" +
		"| gate | default | off whenever this is off | what it does |\n|---|---|---|---|\n")
	for _, name := range GateNames() {
		meaning := meanings[name]
		if meaning == "" {
			meaning = "no effect here"
		}
		var needs []string
		for _, dependency := range forcedOff {
			if slices.Contains(dependency.off, featuregate.Feature(name)) {
				needs = append(needs, string(dependency.unless))
			}
		}
		fmt.Fprintf(&b, "| `%s` | %v | %s | %s |\n", name, gates.Enabled(featuregate.Feature(name)), codes(needs), meaning)
		delete(meanings, name)
	}
	if len(meanings) > 0 {
		t.Errorf("gates that ParseGates does not know: %v", meanings)
	}
	compareFile(t, "../docs/feature-gates.md", []byte(b.String()))
}
