package protection

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const forbidden = "forbidden by ResourcesProtectionDeletion for policy.kruise.io/delete-protection="

// always and replicas are the refusals that both sets of rules know.
func always(kind, name string) string {
	return fmt.Sprintf(`%sAlways: to delete %s %q, remove that label first`, forbidden, kind, name)
}

func replicas(kind, name string, count int) string {
	return fmt.Sprintf(`%sCascading and replicas %d>0: to delete %s %q, scale it to 0 replicas first, or remove that label`, forbidden, count, kind, name)
}

// kind is a kind of the table. The spec of a workload takes the number of replicas.
type kind struct {
	name, apiVersion, kind, spec string
	workload                     bool
}

// kinds are the namespaced kinds that OpenKruise protects.
var kinds = []kind{
	{"deployment", "apps/v1", "Deployment", workload, true},
	{"replicaset", "apps/v1", "ReplicaSet", workload, true},
	{"statefulset", "apps/v1", "StatefulSet", workload, true},
	{"cloneset", "apps.kruise.io/v1beta1", "CloneSet", workload, true},
	{"advanced", "apps.kruise.io/v1beta1", "StatefulSet", workload, true},
	{"united", "apps.kruise.io/v1beta1", "UnitedDeployment", united, true},
	{"service", "v1", "Service", "{ports: [{port: 80}]}", false},
	{"ingress", "networking.k8s.io/v1", "Ingress", "{defaultBackend: {service: {name: s, port: {number: 80}}}}", false},
}

const (
	podTemplate = `{metadata: {labels: {app: table}}, spec: {containers: [{name: c, image: "c:1", terminationMessagePath: /dev/termination-log, ` +
		`terminationMessagePolicy: File, imagePullPolicy: IfNotPresent}], restartPolicy: Always, dnsPolicy: ClusterFirst, ` +
		`schedulerName: default-scheduler, terminationGracePeriodSeconds: 30, securityContext: {}}}`
	workload = "{replicas: %d, selector: {matchLabels: {app: table}}, template: " + podTemplate + "}"
	united   = "{replicas: %d, selector: {matchLabels: {app: table}}, template: {deploymentTemplate: {metadata: {labels: {app: table}}, " +
		"spec: {selector: {matchLabels: {app: table}}, template: " + podTemplate + "}}}, topology: {subsets: [{name: a}]}}"
)

// protected is an object with the label, unless its value is "-".
func protected(apiVersion, kind, namespace, name, value, spec string) *unstructured.Unstructured {
	text := fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: %s}\n", apiVersion, kind, name)
	if spec != "" {
		text += "spec: " + spec + "\n"
	}
	o := parse(text)
	if namespace != "" {
		o.SetNamespace(namespace)
	}
	if value != "-" {
		o.SetLabels(map[string]string{label: value})
	}
	return o
}

// defaultCases are the cases of the kinds that OpenKruise protects. Workloads have 0 replicas where it does not matter, so that no
// controller creates pods.
func defaultCases(namespace string) (cases []verdictCase) {
	for _, k := range kinds {
		object := func(suffix, value string, count int) *unstructured.Unstructured {
			spec := k.spec
			if k.workload {
				spec = fmt.Sprintf(spec, count)
			}
			return protected(k.apiVersion, k.kind, namespace, k.name+"-"+suffix, value, spec)
		}
		add := func(about string, o *unstructured.Unstructured, want string) {
			cases = append(cases, verdictCase{name: k.name + " " + about, object: o, want: want})
		}
		add("Always", object("always", "Always", 0), always(k.kind, k.name+"-always"))
		add("without label", object("none", "-", 1), "")
		add("of an unknown value", object("lower", "always", 1), "")
		add("of an empty value", object("empty", "", 1), "")
		if k.workload {
			add("Cascading with replicas", object("cascading", "Cascading", 2), replicas(k.kind, k.name+"-cascading", 2))
			add("Cascading with 0 replicas", object("idle", "Cascading", 0), "")
		} else {
			add("Cascading", object("cascading", "Cascading", 0), "")
		}
		cases = append(cases, verdictCase{name: k.name + " Always and terminating", object: object("gone", "Always", 0), terminating: true})
	}
	system := verdictCase{
		name: "Always, by an administrator", groups: []string{"system:masters"},
		object: protected("v1", "Service", namespace, "masters", "Always", "{ports: [{port: 80}]}"), want: always("Service", "masters"),
	}
	pod := parse("apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: table-pods}\nspec: {containers: [{name: c, image: \"c:1\"}]}")
	return append(cases, system,
		verdictCase{name: "namespace Always", object: protected("v1", "Namespace", "", "table-always", "Always", ""), want: always("Namespace", "table-always")},
		verdictCase{name: "namespace Cascading, empty", object: protected("v1", "Namespace", "", "table-empty", "Cascading", "")},
		verdictCase{
			name: "namespace Cascading with a pod", object: protected("v1", "Namespace", "", "table-pods", "Cascading", ""),
			below: []*unstructured.Unstructured{pod}, serverOnly: true,
			want: forbidden + `Cascading and active pods 1>0: to delete Namespace "table-pods", first delete its pods ("p") and what creates them, or remove that label`,
		},
		verdictCase{name: "definition Always", object: withLabel(anyContent("always.table.example.com", "tables", "Table"), "Always"),
			want: always("CustomResourceDefinition", "tables.always.table.example.com")},
		verdictCase{name: "definition Cascading, gate off", object: withLabel(anyContent("gate.table.example.com", "tables", "Table"), "Cascading"), serverOnly: true,
			want: `feature-gate DeletionProtectionForCRDCascadingGate is not enabled: to delete CustomResourceDefinition "tables.gate.table.example.com", ` +
				`remove the label policy.kruise.io/delete-protection first, or switch the gate on so that Cascading looks for its objects`},
	)
}

func withLabel(o *unstructured.Unstructured, value string) *unstructured.Unstructured {
	o.SetLabels(map[string]string{label: value})
	return o
}

const tableConfiguration = `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
rules:
- resources: [{group: table.example.com, resource: databases, kind: Database, versions: [v1, v1beta1]}]
  cascading: {replicas: {path: spec.nodes.size}}
- resources: [{group: table.example.com, resource: clusters, kind: Cluster, versions: [v1, v1beta1]}]
  cascading: {replicas: {path: spec.any.size}}
- resources:
  - {group: "", resource: configmaps, kind: ConfigMap, versions: [v1]}
  - {group: "", resource: persistentvolumeclaims, kind: PersistentVolumeClaim, versions: [v1]}
  cascading: {mountedBy: {}}
- resources: [{group: apps, resource: daemonsets, kind: DaemonSet, versions: [v1]}]
  cascading: {ownedPods: {}}
- resources: [{group: "", resource: services}]
  cascading: {readyEndpoints: {}}
- resources: [{group: apps, resource: statefulsets}]
  mode: Warn
namespaces:
- {selector: {matchLabels: {table: warn}}, mode: Warn}
- {selector: {matchExpressions: [{key: table, operator: In, values: [strict, stricter]}, {key: lax, operator: DoesNotExist}]}, mode: Enforce}
breakGlass: {groups: [oncall], annotation: {maxDuration: 1h}}
labelGuard: {users: [root], groups: [admins]}
crdInstances: {groups: [inside.table.example.com]}
`

// configuredCases are the cases of tableConfiguration.
func configuredCases(now time.Time) []verdictCase {
	const ns = "configured"
	database := func(namespace, name, value, spec string) *unstructured.Unstructured {
		return protected("table.example.com/v1beta1", "Database", namespace, name, value, spec)
	}
	service := func(namespace, name, value string) *unstructured.Unstructured {
		return protected("v1", "Service", namespace, name, value, "{ports: [{port: 80}]}")
	}
	stateful := func(namespace, name string) *unstructured.Unstructured {
		return protected("apps/v1", "StatefulSet", namespace, name, "Always", fmt.Sprintf(workload, 0))
	}
	annotated := func(name, value string) *unstructured.Unstructured {
		o := service(ns, name, "Always")
		o.SetAnnotations(map[string]string{"kruise-admission.io/break-glass": value})
		return o
	}
	labelled := func(o *unstructured.Unstructured, key, value string) *unstructured.Unstructured {
		labels := o.GetLabels()
		labels[key] = value
		o.SetLabels(labels)
		return o
	}
	pod := func(name, spec string) *unstructured.Unstructured {
		o := parse("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: " + ns + "}\nspec: " +
			strings.Replace(spec, "{", `{containers: [{name: c, image: "c:1"}], `, 1))
		return o
	}
	owned := pod("of-daemons", "{}")
	owned.Object["metadata"].(map[string]any)["ownerReferences"] = []any{map[string]any{
		"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "daemons", "uid": "set later",
	}}
	endpoints := parse(`
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: busy-1, namespace: configured, labels: {kubernetes.io/service-name: busy}}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}, {addresses: [10.0.0.2], conditions: {ready: false}}]
`)
	claim := `{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}`
	daemons := "{selector: {matchLabels: {app: table}}, template: " + podTemplate + "}"
	const unlabel, weaken = `{"metadata":{"labels":{"` + label + `":null}}}`, `{"metadata":{"labels":{"` + label + `":"Cascading"}}}`
	guard := func(from, to, kind, name string) string {
		return fmt.Sprintf(`forbidden by ResourcesProtectionDeletion: changing %s from %q to %q takes protection from %s %q; only user "root", group "admins" may do that`,
			label, from, to, kind, name)
	}
	size := func(name string) string {
		return forbidden + `Cascading and size 3>0: to delete Database "` + name + `", set spec.nodes.size to 0 first, or remove that label`
	}
	loose := func(name, content string) *unstructured.Unstructured {
		return protected("table.example.com/v1beta1", "Cluster", ns, name, "Cascading", "{any: "+content+"}")
	}
	unreadable := func(name string) string {
		return forbidden + `Cascading and spec.any.size is not an integer: how many replicas Cluster "` + name + `" has cannot be found out; correct that, or remove that label`
	}
	overdue := now.Add(-time.Minute).UTC().Format(time.RFC3339)
	return []verdictCase{
		{name: "configured, Always", object: database(ns, "always", "Always", "{}"), want: always("Database", "always")},
		{name: "configured, scaled up", object: database(ns, "up", "Cascading", "{nodes: {size: 3}}"), want: size("up")},
		{name: "configured, scaled to 0", object: database(ns, "down", "Cascading", "{nodes: {size: 0}}")},
		{name: "configured, no size", object: database(ns, "no-size", "Cascading", "{nodes: {}}")},
		{name: "configured, no nodes", object: database(ns, "no-nodes", "Cascading", "{}")},
		{name: "configured, size is null", object: database(ns, "null-size", "Cascading", "{nodes: {size: null}}")},
		{name: "configured, unlabelled", object: database(ns, "unlabelled", "-", "{nodes: {size: 3}}")},

		{name: "configured, any integer", object: loose("integer", "{size: 3}"), want: forbidden + `Cascading and size 3>0: to delete Cluster "integer", set spec.any.size to 0 first, or remove that label`},
		{name: "configured, a word", object: loose("word", "{size: three}"), want: unreadable("word")},
		{name: "configured, a fraction below 0", object: loose("fraction", "{size: -1.5}"), want: unreadable("fraction")},
		{name: "configured, true", object: loose("truth", "{size: true}"), want: unreadable("truth")},
		{name: "configured, a list", object: loose("list", "{size: [0]}"), want: unreadable("list")},
		{name: "configured, below a word", object: loose("below-word", "three"), want: unreadable("below-word")},
		{name: "configured, below a list", object: loose("below-list", "[{size: 0}]"), want: unreadable("below-list")},
		{name: "configured, below 0", object: loose("below", "{size: -1}")},
		{name: "configured, nothing", object: loose("nothing", "null")},

		{name: "ConfigMap in use", object: protected("v1", "ConfigMap", ns, "used", "Cascading", ""), serverOnly: true,
			below: []*unstructured.Unstructured{pod("user", "{volumes: [{name: v, configMap: {name: used}}]}")},
			want:  forbidden + `Cascading and pods that use it 1>0: to delete ConfigMap "used", first delete the pods that use it ("user") and what creates them, or remove that label`},
		{name: "ConfigMap out of use", object: protected("v1", "ConfigMap", ns, "unused", "Cascading", "")},
		{name: "claim in use", object: protected("v1", "PersistentVolumeClaim", ns, "data", "Cascading", claim), serverOnly: true,
			below: []*unstructured.Unstructured{pod("database", "{volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]}")},
			want:  forbidden + `Cascading and pods that use it 1>0: to delete PersistentVolumeClaim "data", first delete the pods that use it ("database") and what creates them, or remove that label`},
		{name: "claim out of use", object: protected("v1", "PersistentVolumeClaim", ns, "spare", "Cascading", claim)},
		{name: "DaemonSet with a pod", object: protected("apps/v1", "DaemonSet", ns, "daemons", "Cascading", daemons), serverOnly: true,
			below: []*unstructured.Unstructured{owned},
			want:  forbidden + `Cascading and active pods 1>0: to delete DaemonSet "daemons", first see that its pods end ("of-daemons"), or remove that label`},
		{name: "DaemonSet without pods", object: protected("apps/v1", "DaemonSet", ns, "no-daemons", "Cascading", daemons)},
		{name: "Service with endpoints", object: service(ns, "busy", "Cascading"), serverOnly: true, below: []*unstructured.Unstructured{endpoints},
			want: forbidden + `Cascading and ready endpoints 1>0: to delete Service "busy", first see that nothing is behind it ("10.0.0.1"), or remove that label`},
		{name: "Service without endpoints", object: service(ns, "idle", "Cascading")},
		{name: "definition with objects", object: withLabel(anyContent("inside.table.example.com", "tables", "Table"), "Cascading")},
		{name: "definition of another group", object: withLabel(anyContent("outside.table.example.com", "tables", "Table"), "Cascading"), serverOnly: true,
			want: forbidden + `Cascading and group "outside.table.example.com" is not among crdInstances.groups: whether CustomResourceDefinition ` +
				`"tables.outside.table.example.com" still has objects is not looked at; to delete it, add the group to the configuration, or remove that label`},

		{name: "mode Warn of a rule", object: stateful(ns, "warned")},
		{name: "mode Warn of a rule, Enforce of the namespace", object: stateful("configured-strict", "strict"), want: always("StatefulSet", "strict")},
		{name: "mode Warn of a namespace", object: service("configured-warn", "warned", "Always")},
		{name: "mode Warn of a namespace, Cascading", object: database("configured-warn", "warned", "Cascading", "{nodes: {size: 3}}")},
		{name: "mode Enforce of a namespace", object: database("configured-strict", "strict", "Cascading", "{nodes: {size: 3}}"), want: size("strict")},
		{name: "Namespace in mode Warn by its own label", object: labelled(protected("v1", "Namespace", "", "table-warn", "Always", ""), "table", "warn")},
		{name: "Namespace that is strict", object: labelled(protected("v1", "Namespace", "", "table-strict", "Always", ""), "table", "strict"), want: always("Namespace", "table-strict")},

		{name: "break-glass by group", object: service(ns, "glass", "Always"), groups: []string{"oncall"}},
		{name: "break-glass by group, Cascading", object: database(ns, "glass", "Cascading", "{nodes: {size: 3}}"), groups: []string{"oncall"}},
		{name: "no break-glass by another group", object: service(ns, "whole", "Always"), groups: []string{"offcall"}, want: always("Service", "whole")},
		{name: "break-glass by annotation", object: annotated("annotated", now.Add(30*time.Minute).UTC().Format(time.RFC3339)+" INC-1")},
		{name: "no break-glass by an annotation that is over", object: annotated("overdue", overdue+" INC-1"), serverOnly: true,
			want: always("Service", "overdue") + " (annotation kruise-admission.io/break-glass does not count: it ended at " + overdue + ")"},

		{name: "guard, label removed", object: service(ns, "guarded", "Always"), patch: unlabel, want: guard("Always", "", "Service", "guarded")},
		{name: "guard, label weakened", object: service(ns, "weakened", "Always"), patch: weaken, want: guard("Always", "Cascading", "Service", "weakened")},
		{name: "guard, Cascading removed", object: database(ns, "guarded", "Cascading", "{}"), patch: unlabel, want: guard("Cascading", "", "Database", "guarded")},
		{name: "guard, strengthened", object: database(ns, "stronger", "Cascading", "{}"), patch: `{"metadata":{"labels":{"` + label + `":"Always"}}}`},
		{name: "guard, Cascading that means nothing", object: protected("networking.k8s.io/v1", "Ingress", ns, "nothing", "Cascading",
			"{defaultBackend: {service: {name: s, port: {number: 80}}}}"), patch: unlabel},
		{name: "guard, another update", object: service(ns, "updated", "Always"), patch: `{"metadata":{"labels":{"a":"b"}}}`},
		{name: "guard, by who may", object: service(ns, "permitted", "Always"), groups: []string{"admins"}, patch: unlabel},
		{name: "guard, break-glass", object: service(ns, "broken", "Always"), groups: []string{"oncall"}, patch: unlabel},
		{name: "guard, mode Warn", object: service("configured-warn", "lax", "Always"), patch: unlabel},
		{name: "guard, terminating", object: service(ns, "leaving", "Always"), patch: unlabel, terminating: true},
	}
}
