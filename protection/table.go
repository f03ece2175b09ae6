package protection

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// cascading says what Cascading means for a kind. Always means the same for all.
type cascading string

const (
	// byReplicas: blocked while spec.replicas is above 0; pods and status do not matter.
	byReplicas cascading = "replicas"
	// byContent: blocked while the namespace holds an active pod or a bound claim.
	byContent cascading = "content"
	// byInstances: blocked while a custom resource of the definition is live.
	byInstances cascading = "instances"
	// byNothing: Cascading has no meaning and never blocks.
	byNothing cascading = "nothing"
)

// rule says how one kind is protected.
type rule struct {
	group, kind string
	// versions lists the versions whose objects are understood. With a single one the version of the request is not
	// looked at; otherwise a request in another version is malformed.
	versions []string
	// cascading says what Cascading means.
	cascading cascading
	// unregistered is set for the one kind that OpenKruise decodes without knowing its type: requests in other versions are
	// allowed, and apiVersion and kind of the old object are not compared with those of the request.
	unregistered bool
}

// rules is everything that is protected; a kind that is not here is not.
var rules = []rule{
	{group: "", kind: "Namespace", versions: []string{"v1"}, cascading: byContent},
	{group: "", kind: "Service", versions: []string{"v1"}, cascading: byNothing},
	{group: "networking.k8s.io", kind: "Ingress", versions: []string{"v1", "v1beta1"}, cascading: byNothing},
	{group: "apiextensions.k8s.io", kind: "CustomResourceDefinition", versions: []string{"v1", "v1beta1"}, cascading: byInstances, unregistered: true},
	{group: "apps", kind: "Deployment", versions: []string{"v1"}, cascading: byReplicas},
	{group: "apps", kind: "ReplicaSet", versions: []string{"v1"}, cascading: byReplicas},
	{group: "apps", kind: "StatefulSet", versions: []string{"v1"}, cascading: byReplicas},
	{group: "apps.kruise.io", kind: "CloneSet", versions: []string{"v1alpha1", "v1beta1"}, cascading: byReplicas},
	{group: "apps.kruise.io", kind: "StatefulSet", versions: []string{"v1alpha1", "v1beta1"}, cascading: byReplicas},
	{group: "apps.kruise.io", kind: "UnitedDeployment", versions: []string{"v1alpha1", "v1beta1"}, cascading: byReplicas},
}

// ruleFor finds the rule of the request's kind. The path that the request came by does not matter: OpenKruise's three
// endpoints for built-in workloads also serve each other's kinds.
func ruleFor(kind metav1.GroupVersionKind) (*rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.group == kind.Group && r.kind == kind.Kind })
	if i < 0 {
		return nil, false
	}
	return &rules[i], true
}

// version is the version in which the request's objects are read; ok is false when the rule does not know it.
// Both names that a request gives its version must agree with the rule: OpenKruise looks at one for its own kinds and at the
// other for built-in ones.
func (r *rule) version(request *admissionv1.AdmissionRequest) (version string, ok bool) {
	if len(r.versions) == 1 {
		return r.versions[0], true
	}
	return request.Kind.Version, slices.Contains(r.versions, request.Kind.Version) && slices.Contains(r.versions, request.Resource.Version)
}

// apiVersion is how objects of the rule spell their group and version.
func (r *rule) apiVersion(version string) string {
	return metav1.GroupVersion{Group: r.group, Version: version}.String()
}

// unsupportedVersion is the text for a request in a version that the rule does not know.
func (r *rule) unsupportedVersion(request *admissionv1.AdmissionRequest) string {
	return fmt.Sprintf("unsupported version of %s: kind.version is %q and resource.version is %q; send %s",
		r.kind, request.Kind.Version, request.Resource.Version, strings.Join(r.versions, " or "))
}
