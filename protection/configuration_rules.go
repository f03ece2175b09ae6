package protection

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// only are the resources that a meaning of Cascading makes sense for; other meanings fit all.
var only = map[Method][]schema.GroupResource{
	ByContent:        {{Resource: "namespaces"}},
	ByInstances:      {{Group: "apiextensions.k8s.io", Resource: "customresourcedefinitions"}},
	ByMounts:         {{Resource: "persistentvolumeclaims"}, {Resource: "configmaps"}, {Resource: "secrets"}},
	ByReadyEndpoints: {{Resource: "services"}},
}

// uncalled is the group of resources for which the API server calls no webhook, so that nobody locks themselves out.
const uncalled = "admissionregistration.k8s.io"

var (
	// member is what a path may lead through: names that CEL and the names of policies can spell, too.
	member = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
	kind   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
)

// addRules adds the rules of the file to the table, those about built-in resources in place of the built-in ones.
func (c *Configuration) addRules(table *Table, fail func(*field.Error)) {
	seen := map[schema.GroupResource]bool{}
	for i, configured := range c.Rules {
		path := field.NewPath("rules").Index(i)
		if len(configured.Resources) == 0 {
			fail(field.Required(path.Child("resources"), "name at least one resource"))
		}
		if configured.Mode == "" {
			configured.Mode = Enforce
		}
		mode(configured.Mode, path.Child("mode"), fail)
		for j, resource := range configured.Resources {
			at := path.Child("resources").Index(j)
			name := schema.GroupResource{Group: resource.Group, Resource: resource.Resource}
			if seen[name] {
				fail(field.Duplicate(at, name.String()))
				continue
			}
			seen[name] = true
			builtIn := slices.IndexFunc(table.rules, func(r Rule) bool { return r.GroupResource() == name })
			if builtIn >= 0 {
				configured.replace(&table.rules[builtIn], resource, path, at, fail)
			} else {
				configured.add(table, resource, path, at, fail)
			}
		}
	}
}

// replace changes how a built-in resource is protected. What it is stays.
func (c *RuleConfiguration) replace(rule *Rule, resource ResourceConfiguration, path, at *field.Path, fail func(*field.Error)) {
	if resource.Kind != "" && resource.Kind != rule.Kind {
		fail(field.Invalid(at.Child("kind"), resource.Kind, "is "+rule.Kind+" for this resource; leave it out"))
	}
	if len(resource.Versions) > 0 && !slices.Equal(slices.Sorted(slices.Values(resource.Versions)), rule.Versions) {
		fail(field.Invalid(at.Child("versions"), resource.Versions, "are "+strings.Join(rule.Versions, ", ")+" for this resource; leave them out"))
	}
	rule.Mode = c.Mode
	if c.Cascading != nil {
		rule.Cascading = c.Cascading.parse(rule.GroupResource(), path.Child("cascading"), fail)
		rule.typed = false
	}
}

// add adds a rule for a resource that is not built in.
func (c *RuleConfiguration) add(table *Table, resource ResourceConfiguration, path, at *field.Path, fail func(*field.Error)) {
	rule := Rule{Group: resource.Group, Resource: resource.Resource, Kind: resource.Kind, Versions: slices.Clone(resource.Versions), Mode: c.Mode, configured: true}
	if !isGroup(rule.Group) {
		fail(field.Invalid(at.Child("group"), rule.Group, "must be the group of an API, such as apps or db.example.com; that of the core is empty"))
	}
	if rule.Group == uncalled {
		fail(field.Invalid(at.Child("group"), rule.Group, "the API server calls no webhook for this group"))
	}
	if len(validation.IsDNS1035Label(rule.Resource)) > 0 {
		fail(field.Invalid(at.Child("resource"), rule.Resource, "must be a plural in lower case without subresource, such as databases"))
	}
	if !kind.MatchString(rule.Kind) {
		fail(field.Invalid(at.Child("kind"), rule.Kind, "must be a kind, such as Database"))
	}
	if len(rule.Versions) == 0 {
		fail(field.Required(at.Child("versions"), "name at least one"))
	}
	for i, version := range rule.Versions {
		if len(validation.IsDNS1035Label(version)) > 0 {
			fail(field.Invalid(at.Child("versions").Index(i), version, "must be a version, such as v1"))
		}
		if slices.Contains(rule.Versions[:i], version) {
			fail(field.Duplicate(at.Child("versions").Index(i), version))
		}
	}
	if slices.ContainsFunc(table.rules, func(r Rule) bool { return r.Group == rule.Group && r.Kind == rule.Kind }) {
		fail(field.Invalid(at.Child("kind"), rule.Kind, "is the kind of another resource of this group"))
	}
	if c.Cascading == nil {
		fail(field.Required(path.Child("cascading"), "say what blocks a delete; write {none: {}} for nothing"))
	} else {
		rule.Cascading = c.Cascading.parse(rule.GroupResource(), path.Child("cascading"), fail)
	}
	table.rules = append(table.rules, rule)
}

// parse finds the one meaning that is set.
func (c *CascadingConfiguration) parse(resource schema.GroupResource, path *field.Path, fail func(*field.Error)) Meaning {
	var meanings []Meaning
	if c.Replicas != nil {
		meanings = append(meanings, Meaning{Method: ByReplicas, Path: c.Replicas.parse(path.Child("replicas", "path"), fail)})
	}
	for _, m := range []struct {
		method Method
		set    *struct{}
	}{
		{ByContent, c.Content}, {ByInstances, c.Instances}, {ByOwnedPods, c.OwnedPods}, {ByMounts, c.MountedBy},
		{ByReadyEndpoints, c.ReadyEndpoints}, {ByNothing, c.None},
	} {
		if m.set != nil {
			meanings = append(meanings, Meaning{Method: m.method})
		}
	}
	if len(meanings) != 1 {
		fail(field.Invalid(path, len(meanings), "must have exactly one of replicas, content, instances, ownedPods, mountedBy, readyEndpoints, none"))
		return Meaning{}
	}
	if fits := only[meanings[0].Method]; fits != nil && !slices.Contains(fits, resource) {
		texts := make([]string, len(fits))
		for i, fit := range fits {
			texts[i] = fit.String()
		}
		fail(field.Invalid(path.Child(string(meanings[0].Method)), resource.String(), "has this meaning only for "+strings.Join(texts, ", ")))
	}
	return meanings[0]
}

func (r *ReplicasConfiguration) parse(path *field.Path, fail func(*field.Error)) []string {
	members := strings.Split(r.Path, ".")
	if slices.ContainsFunc(members, func(name string) bool { return !member.MatchString(name) }) {
		fail(field.Invalid(path, r.Path, "must be names of members joined by dots, such as spec.size"))
	}
	return members
}

// undotted are the groups of Kubernetes itself that are no domain names. All others are, so that "core" and "app" are misspelt.
var undotted = []string{"", "apps", "autoscaling", "batch", "extensions", "policy"}

// isGroup says whether there can be an API group of this name.
func isGroup(group string) bool { return slices.Contains(undotted, group) || isDomain(group) }

// isDomain: groups of custom resources are domain names.
func isDomain(group string) bool {
	return strings.Contains(group, ".") && len(validation.IsDNS1123Subdomain(group)) == 0
}
