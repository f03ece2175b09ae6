package protection

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
)

// Rule says how one resource is protected. Always means the same for all; what Cascading means is said here.
type Rule struct {
	// Group, Resource and Kind name it, as in "apps", "deployments" and "Deployment".
	Group, Resource, Kind string
	// Versions lists the versions whose objects are understood. With a single one the version of the request is not
	// looked at; otherwise a request in another version is malformed.
	Versions []string
	// Cascading says what blocks a delete under Cascading.
	Cascading Meaning
	// Mode says what happens to a delete that should not be, unless the namespace says otherwise.
	Mode Mode

	// configured is set for resources that OpenKruise does not protect.
	configured bool
	// unregistered is set for the one kind that OpenKruise decodes without knowing its type: requests in other versions are
	// allowed, and apiVersion and kind of the old object are not compared with those of the request.
	unregistered bool
	// typed is set for the kinds of which OpenKruise reads the number of replicas as a type says: another type there is malformed,
	// whatever the label says.
	typed bool
}

// GroupResource names the rule, as in "deployments.apps".
func (r *Rule) GroupResource() schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Resource}
}

// NewestFirst are the versions of the rule's resource, stable and newer ones first: those are served the longest, and mostly stored.
func (r *Rule) NewestFirst() []schema.GroupVersionResource {
	versions := slices.Clone(r.Versions)
	slices.SortFunc(versions, func(a, b string) int { return version.CompareKubeAwareVersionStrings(b, a) })
	resources := make([]schema.GroupVersionResource, len(versions))
	for i, v := range versions {
		resources[i] = schema.GroupVersionResource{Group: r.Group, Version: v, Resource: r.Resource}
	}
	return resources
}

// Namespaced says whether objects of the rule are in namespaces. A configured resource may be in none all the same: that is not known.
func (r *Rule) Namespaced() bool { return !r.isNamespace() && r.Group != "apiextensions.k8s.io" }

// builtIn are the resources that OpenKruise protects (spec/protection.md 2), each as OpenKruise does.
func builtIn() []Rule {
	kruise := []string{"v1alpha1", "v1beta1"}
	replicas := Meaning{Method: ByReplicas, Path: []string{"spec", "replicas"}}
	rules := []Rule{
		{Group: "", Resource: "namespaces", Kind: "Namespace", Versions: []string{"v1"}, Cascading: Meaning{Method: ByContent}},
		{Group: "apiextensions.k8s.io", Resource: "customresourcedefinitions", Kind: "CustomResourceDefinition", Versions: []string{"v1", "v1beta1"},
			Cascading: Meaning{Method: ByInstances}, unregistered: true},
		{Group: "apps", Resource: "deployments", Kind: "Deployment", Versions: []string{"v1"}, Cascading: replicas},
		{Group: "apps", Resource: "replicasets", Kind: "ReplicaSet", Versions: []string{"v1"}, Cascading: replicas},
		{Group: "apps", Resource: "statefulsets", Kind: "StatefulSet", Versions: []string{"v1"}, Cascading: replicas},
		{Group: "", Resource: "services", Kind: "Service", Versions: []string{"v1"}, Cascading: Meaning{Method: ByNothing}},
		{Group: "networking.k8s.io", Resource: "ingresses", Kind: "Ingress", Versions: []string{"v1", "v1beta1"}, Cascading: Meaning{Method: ByNothing}},
		{Group: "apps.kruise.io", Resource: "clonesets", Kind: "CloneSet", Versions: kruise, Cascading: replicas},
		{Group: "apps.kruise.io", Resource: "statefulsets", Kind: "StatefulSet", Versions: kruise, Cascading: replicas},
		{Group: "apps.kruise.io", Resource: "uniteddeployments", Kind: "UnitedDeployment", Versions: kruise, Cascading: replicas},
	}
	for i := range rules {
		rules[i].Mode = Enforce
		rules[i].typed = rules[i].Cascading.Method == ByReplicas
	}
	return rules
}

// Table is everything that decides about deletes: what is protected, how strictly and with which ways around it. It does not
// change.
type Table struct {
	rules      []Rule
	namespaces []namespaceMode
	breakGlass breakGlass
	guard      *people
	// content are the rules of the resources that are looked for in a namespace that is to be deleted.
	content []Rule
	// instanceGroups are the groups whose objects are looked for when a CustomResourceDefinition is deleted; nil: any group.
	instanceGroups []string
}

// Default protects what OpenKruise protects, as it does.
func Default() *Table { return &Table{rules: builtIn()} }

// Rules are the rules of all protected resources, OpenKruise's first. What they point to must not be changed.
func (t *Table) Rules() []Rule { return slices.Clone(t.rules) }

// ruleFor finds the rule of a request. The path that the request came by does not matter: OpenKruise's three endpoints for built-in
// workloads also serve each other's kinds. A configured resource goes by its own name, too, as in the webhook's rules and in the policies, so
// that objects whose kind is misspelt in the configuration are protected all the same.
func (t *Table) ruleFor(request *admissionv1.AdmissionRequest) (*Rule, bool) {
	for i := range t.rules {
		rule := &t.rules[i]
		switch {
		case rule.Group == request.Kind.Group && rule.Kind == request.Kind.Kind:
			return rule, true
		case rule.configured && rule.Group == request.Resource.Group && rule.Resource == request.Resource.Resource:
			spelt := *rule
			spelt.Kind = request.Kind.Kind
			return &spelt, true
		}
	}
	return nil, false
}

// version is the version in which the request's objects are read; ok is false when the rule does not know it.
// Both names that a request gives its version must agree with the rule: OpenKruise looks at one for its own kinds and at the
// other for built-in ones.
func (r *Rule) version(request *admissionv1.AdmissionRequest) (version string, ok bool) {
	if len(r.Versions) == 1 {
		return r.Versions[0], true
	}
	return request.Kind.Version, slices.Contains(r.Versions, request.Kind.Version) && slices.Contains(r.Versions, request.Resource.Version)
}

// apiVersion is how objects of the rule spell their group and version.
func (r *Rule) apiVersion(version string) string {
	return metav1.GroupVersion{Group: r.Group, Version: version}.String()
}

// unsupportedVersion is the text for a request in a version that the rule does not know.
func (r *Rule) unsupportedVersion(request *admissionv1.AdmissionRequest) string {
	return fmt.Sprintf("unsupported version of %s: kind.version is %q and resource.version is %q; send %s",
		r.Kind, request.Kind.Version, request.Resource.Version, strings.Join(r.Versions, " or "))
}
