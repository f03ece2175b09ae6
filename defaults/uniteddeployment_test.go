package defaults

import "testing"

func TestUnitedDeploymentDefaults(t *testing.T) {
	const (
		rest    = `"replicas":1,"revisionHistoryLimit":10,"updateStrategy":{"type":"Manual","manualUpdate":{}}`
		set     = `"template":{"statefulSetTemplate":{"spec":{"serviceName":"web","template":` + plainTemplate + `}}}`
		filled  = `"template":{"statefulSetTemplate":{"spec":{"serviceName":"web","template":` + defaultedTemplate + `}}}`
		another = `"template":{"statefulSetTemplate":{"spec":{"serviceName":"other","template":` + plainTemplate + `}}}`
		claims  = `"template":{"statefulSetTemplate":{"spec":{"template":` + plainTemplate + `,"volumeClaimTemplates":[{"metadata":{"name":"data"}}]}}}`
	)
	subsets := func(list string) string { return rest + `,"topology":{"subsets":[` + list + `]}` }
	runDefaults(t, []defaultsCase[UnitedDeployment]{
		{name: "v1alpha1 with nothing but a template", version: "v1alpha1", sent: set, want: filled + `,` + rest},
		{name: "v1beta1 with nothing but a template", version: "v1beta1", sent: set, want: filled + `,` + rest},
		{
			name: "what is given stays", version: "v1beta1",
			sent: `"replicas":0,"revisionHistoryLimit":0,"updateStrategy":{"manualUpdate":{"partitions":{"a":1}}}`,
			want: `"replicas":0,"revisionHistoryLimit":0,"updateStrategy":{"type":"Manual","manualUpdate":{"partitions":{"a":1}}}`,
		},
		{
			name: "another strategy gets nothing", version: "v1beta1", sent: `"replicas":1,"revisionHistoryLimit":1,"updateStrategy":{"type":"Other"}`,
			want: `"replicas":1,"revisionHistoryLimit":1,"updateStrategy":{"type":"Other"}`,
		},
		{
			name: "the other templates stay", version: "v1beta1",
			sent: rest + `,"template":{"deploymentTemplate":{"spec":{"template":` + plainTemplate + `}},"cloneSetTemplate":{"spec":{"template":` + plainTemplate +
				`}},"advancedStatefulSetTemplate":{"spec":{"template":` + plainTemplate + `}}}`,
			want: rest + `,"template":{"deploymentTemplate":{"spec":{"template":` + plainTemplate + `}},"cloneSetTemplate":{"spec":{"template":` + plainTemplate +
				`}},"advancedStatefulSetTemplate":{"spec":{"template":` + plainTemplate + `}}}`,
		},
		{
			name: "claim templates", version: "v1alpha1", sent: rest + `,` + claims,
			want: rest + `,"template":{"statefulSetTemplate":{"spec":{"template":` + defaultedTemplate + `,"volumeClaimTemplates":[{"metadata":{"name":"data"},"status":{"phase":"Pending"}}]}}}`,
		},
		{name: "update with the same template, which stays", version: "v1beta1", sent: set, old: rest + `,` + set, want: set + `,` + rest},
		{name: "update with another template", version: "v1beta1", sent: set, old: another, want: filled + `,` + rest},
		{name: "gate TemplateNoDefaults", version: "v1beta1", sent: set, want: set + `,` + rest, reviewer: UnitedDeployment{NoTemplateDefaults: true}},
		{
			name: "a subset with a maximum: all get a minimum", version: "v1alpha1", sent: subsets(`{"name":"a","maxReplicas":5},{"name":"b"},{"name":"c","minReplicas":"5%"}`),
			want: subsets(`{"name":"a","maxReplicas":5,"minReplicas":0},{"name":"b","minReplicas":0},{"name":"c","minReplicas":"5%"}`),
		},
		{name: "no limits", version: "v1beta1", sent: subsets(`{"name":"a"},{"name":"b"}`), want: subsets(`{"name":"a"},{"name":"b"}`)},
		{
			name: "replicas beside limits, which validation refuses", version: "v1beta1", sent: subsets(`{"name":"a","maxReplicas":5},{"name":"b","replicas":0}`),
			want: subsets(`{"name":"a","maxReplicas":5},{"name":"b","replicas":0}`),
		},
		{
			name: "nulls, and members unknown to this build", version: "v1beta1",
			sent: `"replicas":null,"revisionHistoryLimit":null,"updateStrategy":{"type":"","manualUpdate":null,"x":1},"template":{"statefulSetTemplate":null},"topology":null`,
			want: `"replicas":1,"revisionHistoryLimit":10,"updateStrategy":{"type":"Manual","manualUpdate":{},"x":1},"template":{"statefulSetTemplate":null},"topology":null`,
		},
	})
}

func FuzzUnitedDeploymentDefaults(f *testing.F) {
	f.Add("v1alpha1", workloadJSON(`"template":{"statefulSetTemplate":{"spec":{"template":`+plainTemplate+`}}}`), "")
	f.Add("v1beta1", workloadJSON(`"topology":{"subsets":[{"name":"a","maxReplicas":5},null,{}]},"updateStrategy":null`), `{}`)
	f.Add("v1beta1", workloadJSON(`"template":{"statefulSetTemplate":{"spec":null}}`), `{"spec":{"template":null}}`)
	f.Add("v1beta1", `{"spec":null}`, ``)
	fuzzDefaults(f, UnitedDeployment{}, UnitedDeployment{HostPorts: true})
}
