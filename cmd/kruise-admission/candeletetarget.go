package main

// Which object somebody wants to delete: KIND/NAME.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kruise-admission/kruise-admission/protection"
)

// shortNames are those of kubectl for the built-in resources that OpenKruise protects.
var shortNames = map[string]string{
	"ns": "namespaces", "deploy": "deployments", "rs": "replicasets", "sts": "statefulsets", "svc": "services", "ing": "ingresses",
	"crd": "customresourcedefinitions", "crds": "customresourcedefinitions",
}

// parseTarget reads KIND/NAME, where KIND is a kind or resource in any case, with or without its group.
func parseTarget(rules []protection.Rule, target string) (*protection.Rule, string, error) {
	kind, name, ok := strings.Cut(target, "/")
	if !ok || kind == "" || name == "" || strings.Contains(name, "/") {
		return nil, "", fmt.Errorf("%q is not KIND/NAME, as in deployment/web", target)
	}
	wanted, group, hasGroup := strings.Cut(strings.ToLower(kind), ".")
	if long, ok := shortNames[wanted]; ok {
		wanted = long
	}
	var found []*protection.Rule
	for i := range rules {
		rule := &rules[i]
		singular := strings.ToLower(rule.Kind)
		if (wanted == rule.Resource || wanted == singular) && (!hasGroup || group == rule.Group) {
			found = append(found, rule)
		}
	}
	switch len(found) {
	case 1:
		return found[0], name, nil
	case 0:
		return nil, "", fmt.Errorf("kind %q is not among the protected ones: %s", kind, strings.Join(resourceNames(rules), ", "))
	}
	names := make([]string, len(found))
	for i, rule := range found {
		names[i] = rule.GroupResource().String()
	}
	return nil, "", fmt.Errorf("kind %q can mean %s: name one of them", kind, strings.Join(names, " and "))
}

func resourceNames(rules []protection.Rule) []string {
	names := make([]string, len(rules))
	for i, rule := range rules {
		names[i] = rule.GroupResource().String()
	}
	slices.Sort(names)
	return names
}

// ruleOf finds the rule of an object's kind.
func ruleOf(rules []protection.Rule, o *object) *protection.Rule {
	for i := range rules {
		if rules[i].Group == o.group() && rules[i].Kind == o.Kind {
			return &rules[i]
		}
	}
	return nil
}
