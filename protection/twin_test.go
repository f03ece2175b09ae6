package protection

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
)

// Whether the expressions decide as the rules do is tried on a real API server, in test/protection. Here: which policies there are,
// and about what.
func TestTwinPolicies(t *testing.T) {
	const builtIn = "namespaces customresourcedefinitions deployments replicasets statefulsets services ingresses clonesets statefulsets uniteddeployments"
	const workloads = "deployments replicasets statefulsets clonesets statefulsets uniteddeployments"
	for name, c := range map[string]struct {
		configuration string
		want          map[string]string // name without prefix: operation, values and resources
	}{
		"default": {"", map[string]string{
			"always":                  "DELETE Always " + builtIn,
			"cascading-spec.replicas": "DELETE Cascading " + workloads,
		}},
		"another path": {`rules:
- resources: [{group: db.example.com, resource: databases, kind: Database, versions: [v1]}]
  cascading: {replicas: {path: spec.readyNodes.size}}
`, map[string]string{
			"always":                          "DELETE Always " + builtIn + " databases",
			"cascading-spec.replicas":         "DELETE Cascading " + workloads,
			"cascading-spec.ready-nodes.size": "DELETE Cascading databases",
		}},
		"a guard": {"labelGuard: {groups: [admins]}\n", map[string]string{
			"always":                  "DELETE Always " + builtIn,
			"cascading-spec.replicas": "DELETE Cascading " + workloads,
			"label":                   "UPDATE Always,Cascading " + strings.ReplaceAll(builtIn, " ", "+ ") + "+",
		}},
		"a mode that refuses nothing": {"rules: [{resources: [{group: apps, resource: deployments}], mode: Warn}]\n", map[string]string{
			"always":                  "DELETE Always " + strings.Replace(builtIn, "deployments ", "", 1),
			"cascading-spec.replicas": "DELETE Cascading " + strings.Replace(workloads, "deployments ", "", 1),
		}},
		"a mode that refuses somewhere": {`rules: [{resources: [{group: apps, resource: deployments}], mode: Warn}]
namespaces: [{selector: {matchLabels: {stage: live}}, mode: Enforce}]
`, map[string]string{
			"always":                  "DELETE Always " + builtIn,
			"cascading-spec.replicas": "DELETE Cascading " + workloads,
		}},
		"nothing is refused": {"rules: [{resources: [" +
			"{resource: namespaces}, {resource: services}, {group: apiextensions.k8s.io, resource: customresourcedefinitions}, " +
			"{group: networking.k8s.io, resource: ingresses}, {group: apps, resource: deployments}, {group: apps, resource: replicasets}, " +
			"{group: apps, resource: statefulsets}, {group: apps.kruise.io, resource: clonesets}, {group: apps.kruise.io, resource: statefulsets}, " +
			"{group: apps.kruise.io, resource: uniteddeployments}], mode: Audit}]\n", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			for _, p := range configured(t, c.configuration).Twin(map[string]string{"a": "b"}) {
				spec := p.Policy.Spec
				if p.Binding.Name != p.Policy.Name || p.Binding.Spec.PolicyName != p.Policy.Name || p.Policy.Labels["a"] != "b" || p.Binding.Labels["a"] != "b" {
					t.Errorf("%s: binding %+v", p.Policy.Name, p.Binding)
				}
				var resources []string
				for _, rule := range spec.MatchConstraints.ResourceRules {
					resources = append(resources, strings.Replace(strings.Join(rule.Resources, " "), " "+rule.Resources[0]+"/*", "+", 1))
				}
				got[strings.TrimPrefix(p.Policy.Name, TwinNamePrefix)] = string(spec.MatchConstraints.ResourceRules[0].Operations[0]) + " " +
					strings.Join(spec.MatchConstraints.ObjectSelector.MatchExpressions[0].Values, ",") + " " + strings.Join(resources, " ")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRights(t *testing.T) {
	const always = "get namespaces, create subjectaccessreviews.authorization.k8s.io, list pods, list persistentvolumeclaims"
	for configuration, want := range map[string]string{
		"": always,
		"rules: [{resources: [{resource: services}], cascading: {readyEndpoints: {}}}]\n":                                    always + ", list endpointslices.discovery.k8s.io",
		"namespaceContent: {resources: [{group: apps, resource: deployments}]}\n":                                            always + ", list deployments.apps",
		"breakGlass: {groups: [oncall]}\n":                                                                                   always + ", create events.events.k8s.io",
		"crdInstances: {groups: [db.example.com, a.example.com]}\n":                                                          always + ", list *.db.example.com, list *.a.example.com",
		"rules: [{resources: [{resource: namespaces}], cascading: {none: {}}}]\n":                                            "get namespaces, create subjectaccessreviews.authorization.k8s.io",
		"rules: [{resources: [{group: '', resource: secrets, kind: Secret, versions: [v1]}], cascading: {mountedBy: {}}}]\n": always,
	} {
		var got []string
		for _, right := range configured(t, configuration).Rights() {
			got = append(got, spell(right))
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%q: %s", configuration, diff)
		}
	}
}

func spell(right rbacv1.PolicyRule) string {
	text := right.Verbs[0] + " " + right.Resources[0]
	if right.APIGroups[0] != "" {
		text += "." + right.APIGroups[0]
	}
	if !slices.Equal([]int{len(right.Verbs), len(right.Resources), len(right.APIGroups)}, []int{1, 1, 1}) {
		text += " and more"
	}
	return text
}

func TestFieldsInCEL(t *testing.T) {
	for path, want := range map[string]string{
		"spec.replicas":       "o.spec.replicas",
		"spec.namespace.in":   "o.spec.__namespace__.__in__",
		"spec.readyNodes.for": "o.spec.readyNodes.__for__",
	} {
		if got := celField("o", strings.Split(path, ".")); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}
