package validate_test

import (
	"fmt"
	"strings"

	"github.com/kruise-admission/kruise-admission/validate"
)

type unitedDeploymentCase = workloadCase[validate.UnitedDeployment]

// unitedDeploymentBase is the base object of the specification's cases: a template for StatefulSets, and 10 replicas.
const unitedDeploymentBase = `{"kind":"UnitedDeployment","metadata":{"name":"ud","namespace":"default","uid":"u1","resourceVersion":"1"},
	"spec":{"replicas":10,"selector":{"matchLabels":{"a":"b"}},
		"template":{"statefulSetTemplate":{"metadata":{"labels":{"a":"b"}},"spec":{"template":{"metadata":{"labels":{"a":"b"}},
			"spec":{"restartPolicy":"Always","containers":[{"name":"abc","image":"image"}]}}}}},
		"topology":{"subsets":[]},"updateStrategy":{"type":"Manual","manualUpdate":{}}}}`

var unitedDeploymentKind = workloadKind{
	resource: "uniteddeployments",
	base:     map[string]string{onlyAlpha: unitedDeploymentBase, onlyBeta: unitedDeploymentBase},
}

const (
	inStatefulSet  = "spec.template.statefulSetTemplate"
	inAdvanced     = "spec.template.advancedStatefulSetTemplate"
	inCloneSet     = "spec.template.cloneSetTemplate"
	inDeployment   = "spec.template.deploymentTemplate"
	topologySubset = "spec.topology.subsets"
)

// template is an edit that makes a template, or several, of the base's pods.
func template(members ...string) string {
	const workload = `{"metadata":{"labels":{"a":"b"}},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},
		"spec":{"containers":[{"name":"abc","image":"image"}]}}}}`
	for i, member := range members {
		members[i] = fmt.Sprintf("%q:%s", member, workload)
	}
	return "spec.template = {" + strings.Join(members, ",") + "}"
}

var (
	advanced   = template("advancedStatefulSetTemplate")
	cloneSets  = template("cloneSetTemplate")
	deployment = template("deploymentTemplate")
)

// subsetsOf is an edit that makes subsets a, b and so on with these members.
func subsetsOf(members ...string) string {
	for i, member := range members {
		if member != "" {
			member = "," + member
		}
		members[i] = fmt.Sprintf(`{"name":"%c"%s}`, 'a'+i, member)
	}
	return topologySubset + " = [" + strings.Join(members, ",") + "]"
}

// subsetsNamed is an edit that makes subsets of these names.
func subsetsNamed(names ...string) string {
	for i, name := range names {
		names[i] = fmt.Sprintf(`{"name":%q}`, name)
	}
	return topologySubset + " = [" + strings.Join(names, ",") + "]"
}

const (
	noReplicas    = "spec.replicas"
	ofFive        = "spec.replicas = 5"
	zoneA         = `"nodeSelectorTerm":{"matchExpressions":[{"key":"zone","operator":"In","values":["a"]}]}`
	zoneB         = `"nodeSelectorTerm":{"matchExpressions":[{"key":"zone","operator":"In","values":["b"]}]}`
	reserved      = `spec.topology.scheduleStrategy = {"type":"Adaptive","adaptive":{"reserveUnschedulablePods":true}}`
	adaptiveMoves = `spec.topology.scheduleStrategy = {"type":"Adaptive"}`
)

func invalid(path string) []string { return []string{"Invalid " + path} }

// unitedDeploymentCases are the cases of the specification's table (i), in its order and with its numbers, and more. Cases 39 and 40 are
// those of packages defaults and protection.
var unitedDeploymentCases = []unitedDeploymentCase{
	{about: "base", rules: "c1 c2 c3 c4 c5 c6 c7 c8 c9"},
	{number: 1, about: "no replicas, all subsets with replicas", rules: "c7", new: []string{noReplicas, subsetsOf(`"replicas":1`, `"replicas":1`)}},
	{number: 2, about: "no subsets", rules: "c7", new: []string{"spec.topology"}},
	{about: "neither replicas nor subsets", rules: "c2 c7", new: []string{noReplicas}},
	{number: 3, about: "one subset without replicas", rules: "c7", new: []string{subsetsNamed("a")}},
	{number: 4, about: "one subset of two without replicas", rules: "c7", new: []string{subsetsOf(`"replicas":1`, ``)}},
	{number: 5, about: "1 and 90%", rules: "c7", new: []string{subsetsOf(`"replicas":1`, `"replicas":"90%"`)}},
	{number: 6, about: "71% and 29%, rounded", rules: "c7", new: []string{subsetsOf(`"replicas":"71%"`, `"replicas":"29%"`)}},
	{about: "all zero", rules: "c7", new: []string{"spec.replicas = 0", subsetsOf(`"replicas":0`, `"replicas":"50%"`)}},
	{number: 7, about: "the only subset has too few", rules: "c7", new: []string{subsetsOf(`"replicas":1`)}, want: invalid(topologySubset)},
	{number: 8, about: "1 and 71%", rules: "c7", new: []string{subsetsOf(`"replicas":1`, `"replicas":"71%"`)}, want: invalid(topologySubset)},
	{number: 9, about: "71% and 90%", rules: "c7", new: []string{subsetsOf(`"replicas":"71%"`, `"replicas":"90%"`)}, want: invalid(topologySubset)},
	{about: "too many, and one subset without replicas", rules: "c7", new: []string{subsetsOf(`"replicas":11`, ``)}, want: invalid(topologySubset)},
	{about: "halves of an odd number", rules: "c7", new: []string{ofFive, subsetsOf(`"replicas":"50%"`, `"replicas":"50%"`)}, want: invalid(topologySubset)},
	{about: "sums beyond 32 bits", rules: "c7", new: []string{subsetsOf(`"replicas":2147483647`, `"replicas":2147483647`, `"replicas":12`)}, want: invalid(topologySubset)},
	{number: 10, about: "a percentage of nothing", rules: "c7",
		new: []string{noReplicas, subsetsOf(`"replicas":"90%"`, `"replicas":1`)}, want: invalid(topologySubset + "[0].replicas")},
	{about: "no replicas, and a subset without", rules: "c7", new: []string{noReplicas, subsetsOf(`"replicas":1`, ``)}, want: invalid(topologySubset)},
	{number: 11, about: "negative", rules: "c7", new: []string{subsetsOf(`"replicas":-1`)}, want: invalid(topologySubset + "[0].replicas")},
	{number: 12, about: "no percentages", rules: "c7",
		new: []string{subsetsOf(`"replicas":"101%"`, `"replicas":"5"`, `"replicas":"1.5%"`, `"replicas":""`, `"replicas":"-5%"`, `"replicas":"5%%"`, `"replicas":" 5%"`)},
		want: []string{"Invalid " + topologySubset + "[0].replicas", "Invalid " + topologySubset + "[1].replicas", "Invalid " + topologySubset + "[2].replicas",
			"Invalid " + topologySubset + "[3].replicas", "Invalid " + topologySubset + "[4].replicas", "Invalid " + topologySubset + "[5].replicas",
			"Invalid " + topologySubset + "[6].replicas"}},
	{number: 13, about: "minimums beyond replicas", rules: "c7", new: []string{ofFive, subsetsOf(`"minReplicas":2,"maxReplicas":5`, `"minReplicas":2,"maxReplicas":5`,
		`"minReplicas":2,"maxReplicas":5`, `"minReplicas":2,"maxReplicas":5`, `"minReplicas":2`)}},
	{number: 14, about: "a minimum beyond the maximum", rules: "c7",
		new:  []string{ofFive, subsetsOf(``, ``, ``, `"minReplicas":6,"maxReplicas":5`, ``)},
		want: invalid(topologySubset + "[3].minReplicas")},
	{about: "a minimum beyond what no maximum counts for", rules: "c7", new: []string{subsetsOf(`"minReplicas":1000001`)}, want: invalid(topologySubset + "[0].minReplicas")},
	{about: "percentages for limits", rules: "c7", new: []string{subsetsOf(`"minReplicas":"20%","maxReplicas":"20%"`, ``)}},
	{number: 15, about: "all subsets with a maximum", rules: "c7", new: []string{subsetsOf(`"maxReplicas":5`, `"maxReplicas":100`)}, want: invalid(topologySubset)},
	{number: 16, about: "limits that are none", rules: "c7", new: []string{subsetsOf(`"minReplicas":"bad%","maxReplicas":"bad%"`)},
		want: []string{"Invalid " + topologySubset + "[0].minReplicas", "Invalid " + topologySubset + "[0].maxReplicas"}},
	{number: 17, about: "replicas and limits", rules: "c7", new: []string{subsetsOf(`"replicas":1`, `"maxReplicas":3`)}, want: invalid(topologySubset)},
	{about: "limits without replicas", rules: "c7", new: []string{noReplicas, subsetsOf(`"maxReplicas":1`, ``)}, want: invalid(topologySubset)},

	{number: 18, about: "a subset without name", rules: "c8", new: []string{subsetsNamed("")}, want: []string{"Required " + topologySubset + "[0].name"}},
	{number: 19, about: "two subsets of one name", rules: "c8", new: []string{subsetsNamed("s", "s")}, want: invalid(topologySubset + "[1].name")},
	{number: 20, about: "names that are no labels", rules: "c8", new: []string{subsetsNamed("A", "a.b", strings.Repeat("a", 64), strings.Repeat("b", 63))},
		want: []string{"Invalid " + topologySubset + "[0].name", "Invalid " + topologySubset + "[1].name", "Invalid " + topologySubset + "[2].name"}},
	{number: 21, about: "Exists with a value", rules: "c8",
		new:  []string{subsetsOf(`"nodeSelectorTerm":{"matchExpressions":[{"key":"zone","operator":"Exists","values":["a"]}]}`)},
		want: []string{"Forbidden " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[0].values"}},
	{about: "requirements of nodes", rules: "c8", new: []string{subsetsOf(`"nodeSelectorTerm":{"matchExpressions":[{"key":"k","operator":"In","values":["any value!"]},
		{"key":"k","operator":"DoesNotExist"},{"key":"k","operator":"Gt","values":["1"]}],"matchFields":[{"key":"metadata.name","operator":"NotIn","values":["n"]}]}`)}},
	{about: "requirements that are none", rules: "c8", new: []string{subsetsOf(`"nodeSelectorTerm":{"matchExpressions":[{"key":"","operator":"In"},
		{"key":"k","operator":"Lt","values":["1","2"]},{"key":"k","operator":"Is"}],
		"matchFields":[{"key":"metadata.name","operator":"In","values":["A"]},{"key":"metadata.uid","operator":"Exists"},{"key":"metadata.name","operator":"In"}]}`)},
		want: []string{
			"Required " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[0].values", "Invalid " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[0].key",
			"Invalid " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[0].key",
			"Required " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[1].values", "Invalid " + topologySubset + "[0].nodeSelectorTerm.matchExpressions[2].operator",
			"Invalid " + topologySubset + "[0].nodeSelectorTerm.matchFields[0].values[0]",
			"Invalid " + topologySubset + "[0].nodeSelectorTerm.matchFields[1].operator", "Invalid " + topologySubset + "[0].nodeSelectorTerm.matchFields[1].key",
			"Required " + topologySubset + "[0].nodeSelectorTerm.matchFields[2].values"}},
	{about: "tolerations", rules: "c8", new: []string{subsetsOf(`"tolerations":[{"operator":"Exists"},{"key":"k","value":"v","effect":"NoExecute","tolerationSeconds":5}]`)}},
	{about: "tolerations that are none", rules: "c8", new: []string{subsetsOf(`"tolerations":[{"operator":"Is","key":"k"},{"key":"k","operator":"Gt","value":"5"},{"value":"v"}]`)},
		want: []string{"NotSupported " + topologySubset + "[0].tolerations[0].operator", "NotSupported " + topologySubset + "[0].tolerations[1].operator",
			"Invalid " + topologySubset + "[0].tolerations[2].operator"}},

	{number: 22, about: "no template", rules: "c6", new: []string{"spec.template"}, want: []string{"Required spec.template"}},
	{number: 23, about: "two templates", rules: "c6", new: []string{template("statefulSetTemplate", "advancedStatefulSetTemplate")}, want: invalid("spec.template")},
	{number: 24, about: "no labels", rules: "c6", new: []string{inStatefulSet + ".metadata", inStatefulSet + ".spec.template.metadata"},
		want: []string{"Invalid " + inStatefulSet + ".metadata.labels", "Invalid " + inStatefulSet + ".spec.template.metadata.labels"}},
	{number: 25, about: "Deployments, without defaults", rules: "c6", new: []string{deployment}},
	{number: 26, about: "StatefulSets, a container without image", rules: "c6", new: []string{inStatefulSet + ".spec.template.spec.containers.0.image"},
		warns: inStatefulSet + ".spec.template.spec.containers[0].image: Required"},
	{number: 27, about: "Deployments, a container without image", rules: "c6", new: []string{deployment, inDeployment + ".spec.template.spec.containers.0.image"},
		want: []string{"Required " + inDeployment + ".spec.template.spec.containers[0].image"}},
	{number: 28, about: "fixed replicas, moving pods", rules: "c8", new: []string{adaptiveMoves, subsetsOf(`"replicas":1`, ``)},
		want: []string{"Forbidden " + topologySubset + "[0].replicas"}},
	{about: "limits, moving pods", rules: "c8", new: []string{adaptiveMoves, subsetsOf(`"minReplicas":1`, ``)}},
	{number: 29, about: "reserved pods of StatefulSets", rules: "c4", new: []string{reserved}, want: invalid("spec.topology.scheduleStrategy")},
	{about: "reserved pods of Advanced StatefulSets", rules: "c4", new: []string{reserved, advanced}, want: invalid("spec.topology.scheduleStrategy")},
	{number: 30, about: "reserved pods of Deployments", rules: "c4", new: []string{reserved, deployment}},
	{number: 30, about: "reserved pods of CloneSets", rules: "c4", new: []string{reserved, cloneSets}},
	{about: "reservation without moving", rules: "c4", new: []string{`spec.topology.scheduleStrategy = {"type":"Fixed","adaptive":{"reserveUnschedulablePods":true}}`},
		warns: "has no effect without scheduleStrategy.type Adaptive"},
	{number: 31, about: "unknown strategy", rules: "c9", new: []string{`spec.updateStrategy = {"type":"SomethingRandom"}`}, want: []string{"NotSupported spec.updateStrategy.type"}},
	{about: "no strategy", rules: "c9", new: []string{"spec.updateStrategy"}},
	{number: 32, about: "partitions of no subset", rules: "c9", new: []string{subsetsNamed("a"), `spec.updateStrategy.manualUpdate.partitions = {"notExist":1,"a":2,"b":3}`},
		want: []string{"Invalid spec.updateStrategy.manualUpdate.partitions", "Invalid spec.updateStrategy.manualUpdate.partitions"}},
	{about: "a negative partition", rules: "c9", new: []string{subsetsNamed("a"), `spec.updateStrategy.manualUpdate.partitions = {"a":-1}`}, warns: "partitions[a] is -1"},
	{number: 33, about: "replicas in the template", rules: "c6", new: []string{inStatefulSet + ".spec.replicas = 3"}, want: invalid(inStatefulSet + ".spec.replicas")},

	{about: "a name that is none", rules: "c1", new: []string{`metadata.name = "Ud"`}, want: invalid("metadata.name")},
	{about: "a finalizer without domain", rules: "c1", new: []string{`metadata.finalizers = ["hold"]`}, want: invalid("metadata.finalizers[0]")},
	{about: "negative replicas", rules: "c2", new: []string{"spec.replicas = -1", subsetsOf(`"replicas":"5%"`)}, want: invalid("spec.replicas")},
	{about: "no selector", rules: "c3", new: []string{"spec.selector"}, want: []string{"Required spec.selector"}},
	{about: "an empty selector", rules: "c3", new: []string{"spec.selector = {}"}, want: invalid("spec.selector")},
	{about: "an unknown operator", rules: "c3 c5", new: []string{`spec.selector = {"matchExpressions":[{"key":"a","operator":"Of"}]}`, inStatefulSet + ".metadata"},
		want: invalid("spec.selector.matchExpressions[0].operator")},
	{about: "negative history", rules: "c2", new: []string{"spec.revisionHistoryLimit = -1"}, warns: "spec.revisionHistoryLimit is -1"},
	{about: "negative seconds", rules: "c4", new: []string{`spec.topology.scheduleStrategy = {"type":"Adaptive","adaptive":{"unschedulableDuration":-1}}`},
		warns: "unschedulableDuration is -1"},

	{about: "StatefulSets, all that is allowed", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"100%"}}`,
		inStatefulSet + `.spec.podManagementPolicy = "Parallel"`, inStatefulSet + `.spec.ordinals = {"start":3}`, inStatefulSet + `.spec.minReadySeconds = 3`,
		inStatefulSet + `.spec.persistentVolumeClaimRetentionPolicy = {"whenDeleted":"Delete","whenScaled":"Retain"}`, inStatefulSet + `.spec.volumeClaimTemplates = [{"metadata":{"name":"data"}}]`,
		inStatefulSet + `.spec.template.spec.containers.0.volumeMounts = [{"name":"data","mountPath":"/data"}]`}},
	{about: "StatefulSets, all that is not", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"type":"OnDelete","rollingUpdate":{}}`,
		inStatefulSet + `.spec.podManagementPolicy = "Sometimes"`, inStatefulSet + `.spec.ordinals = {"start":-3}`, inStatefulSet + `.spec.minReadySeconds = -3`,
		inStatefulSet + `.spec.persistentVolumeClaimRetentionPolicy = {"whenDeleted":"Never"}`, inStatefulSet + `.spec.template.spec.restartPolicy`,
		inStatefulSet + `.spec.template.spec.activeDeadlineSeconds = 3`, inStatefulSet + `.spec.template.metadata.annotations = {"a b":"c"}`},
		want: []string{"Invalid " + inStatefulSet + ".spec.updateStrategy.rollingUpdate", "Invalid " + inStatefulSet + ".spec.podManagementPolicy",
			"Invalid " + inStatefulSet + ".spec.ordinals.start", "Invalid " + inStatefulSet + ".spec.minReadySeconds",
			"NotSupported " + inStatefulSet + ".spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "NotSupported " + inStatefulSet + ".spec.persistentVolumeClaimRetentionPolicy.whenScaled",
			"Required " + inStatefulSet + ".spec.template.spec.restartPolicy", "Forbidden " + inStatefulSet + ".spec.template.spec.activeDeadlineSeconds",
			"Invalid " + inStatefulSet + ".spec.template.metadata.annotations"}},
	{about: "StatefulSets, unknown strategy", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"type":"Recreate"}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.type")},
	{about: "StatefulSets, no budget", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"rollingUpdate":{"maxUnavailable":"0%"}}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.rollingUpdate.maxUnavailable")},
	{about: "StatefulSets, budget of none", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"rollingUpdate":{"maxUnavailable":0}}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.rollingUpdate.maxUnavailable")},
	{about: "StatefulSets, budget of more than all", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"rollingUpdate":{"maxUnavailable":"101%"}}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.rollingUpdate.maxUnavailable")},
	{about: "StatefulSets, budget that is none", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"rollingUpdate":{"maxUnavailable":"many"}}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.rollingUpdate.maxUnavailable")},
	{about: "StatefulSets, a partition", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"type":"RollingUpdate","rollingUpdate":{"partition":0}}`},
		want: invalid(inStatefulSet + ".spec.updateStrategy.rollingUpdate.partition")},
	{about: "StatefulSets, a partition without type", rules: "c6", new: []string{inStatefulSet + `.spec.updateStrategy = {"rollingUpdate":{"partition":1}}`}},
	{about: "StatefulSets, pods that end", rules: "c6", new: []string{inStatefulSet + `.spec.template.spec.restartPolicy = "Never"`},
		want: []string{"NotSupported " + inStatefulSet + ".spec.template.spec.restartPolicy"}},

	{about: "Advanced StatefulSets, any pods", rules: "c6", new: []string{advanced, inAdvanced + `.spec.template.spec = {"restartPolicy":"Never","containers":[]}`},
		warns: inAdvanced + ".spec.template.spec.containers: Required"},
	{about: "Advanced StatefulSets, labels", rules: "c6", new: []string{advanced, inAdvanced + `.metadata.labels.a = "x"`, inAdvanced + `.spec.template.metadata.labels.a = "x y"`},
		want: []string{"Invalid " + inAdvanced + ".metadata.labels", "Invalid " + inAdvanced + ".spec.template.metadata.labels", "Invalid " + inAdvanced + ".spec.template.metadata.labels"}},
	{about: "Advanced StatefulSets, replicas and partition", rules: "c6", new: []string{advanced, inAdvanced + ".spec.replicas = 0",
		inAdvanced + `.spec.updateStrategy = {"type":"RollingUpdate","rollingUpdate":{"partition":1}}`},
		want: []string{"Invalid " + inAdvanced + ".spec.replicas", "Invalid " + inAdvanced + ".spec.updateStrategy.rollingUpdate.partition"}},

	{about: "Deployments, labels and replicas", rules: "c6", new: []string{deployment, inDeployment + ".metadata", inDeployment + ".spec.replicas = 2"},
		want: []string{"Invalid " + inDeployment + ".metadata.labels", "Invalid " + inDeployment + ".spec.replicas"}},
	{about: "Deployments, pods that end", rules: "c6", new: []string{deployment, inDeployment + `.spec.template.spec.restartPolicy = "OnFailure"`,
		inDeployment + `.spec.template.spec.activeDeadlineSeconds = 5`},
		want: []string{"NotSupported " + inDeployment + ".spec.template.spec.restartPolicy", "Forbidden " + inDeployment + ".spec.template.spec.activeDeadlineSeconds"}},

	{about: "CloneSets, other labels", rules: "c6", new: []string{cloneSets, inCloneSet + ".metadata", inCloneSet + ".spec.template.metadata"},
		warns: inCloneSet + ".spec.template.metadata.labels"},
	{about: "CloneSets, replicas", rules: "c6", new: []string{cloneSets, inCloneSet + ".spec.replicas = 2"}, warns: inCloneSet + ".spec.replicas: Invalid value: 2: would not be used"},
	{about: "CloneSets, no image", rules: "c6", new: []string{cloneSets, inCloneSet + ".spec.template.spec.containers.0.image"}, warns: "unless the patch of their subset mends"},

	{about: "another name", rules: "d1", new: []string{`metadata.name = "other"`}, old: unchanged, want: invalid("metadata.name")},
	{about: "another label", rules: "d1", new: []string{`metadata.labels = {"x":"y"}`}, old: unchanged},
	{number: 34, about: "add a subset", rules: "d3", new: []string{subsetsOf(zoneA, zoneB)}, old: []string{subsetsOf(zoneA)}},
	{number: 34, about: "remove a subset", rules: "d3", new: []string{subsetsOf(zoneA)}, old: []string{subsetsOf(zoneA, zoneB)}},
	{number: 35, about: "other nodes", rules: "d3", new: []string{subsetsOf(zoneA, zoneA)}, old: []string{subsetsOf(zoneA, zoneB)},
		want: []string{"Forbidden " + topologySubset + "[1].nodeSelectorTerm"}},
	{about: "other tolerations", rules: "d3", new: []string{subsetsOf(`"tolerations":[{"operator":"Exists"}]`)}, old: []string{subsetsOf(``)},
		want: []string{"Forbidden " + topologySubset + "[0].tolerations"}},
	{about: "other replicas and patch of a subset", rules: "d3", new: []string{subsetsOf(`"replicas":3,"patch":{"x":1}`, ``)}, old: []string{subsetsOf(`"replicas":2`, ``)}},
	{number: 36, about: "other reserved ordinals", rules: "d2", new: []string{advanced, inAdvanced + ".spec.reserveOrdinals = [1]"}, old: []string{advanced},
		want: []string{"Forbidden " + inAdvanced + ".spec.reserveOrdinals"}},
	{about: "Advanced StatefulSets, what may change", rules: "d2", new: []string{advanced, inAdvanced + `.spec.updateStrategy = {"type":"OnDelete"}`,
		inAdvanced + `.spec.template.spec.containers.0.image = "other"`}, old: []string{advanced}},
	{number: 37, about: "another service", rules: "d2", new: []string{inStatefulSet + `.spec.serviceName = "other"`}, old: unchanged,
		want: []string{"Forbidden " + inStatefulSet + ".spec.serviceName"}},
	{about: "StatefulSets, what else may not change", rules: "d2", new: []string{inStatefulSet + `.spec.podManagementPolicy = "Parallel"`,
		inStatefulSet + `.spec.revisionHistoryLimit = 3`, inStatefulSet + `.spec.volumeClaimTemplates = [{"metadata":{"name":"data"}}]`}, old: unchanged,
		want: []string{"Forbidden " + inStatefulSet + ".spec.podManagementPolicy", "Forbidden " + inStatefulSet + ".spec.revisionHistoryLimit",
			"Forbidden " + inStatefulSet + ".spec.volumeClaimTemplates"}},
	{about: "StatefulSets, what may change", rules: "d2", new: []string{inStatefulSet + `.spec.podManagementPolicy = "OrderedReady"`, inStatefulSet + `.spec.minReadySeconds = 3`,
		inStatefulSet + `.spec.ordinals = {"start":1}`, inStatefulSet + `.spec.selector = {}`, inStatefulSet + `.spec.template.spec.containers.0.image = "other"`}, old: unchanged},
	{about: "CloneSets, anything", rules: "d2", new: []string{cloneSets, inCloneSet + `.spec.revisionHistoryLimit = 3`}, old: []string{cloneSets}},
	{about: "another kind of workload", rules: "d2", new: []string{cloneSets}, old: unchanged},
	{about: "another kind of workload, whose pods are looked at", rules: "d2", new: []string{deployment, inDeployment + ".spec.template.spec.containers = []"},
		old: []string{cloneSets, inCloneSet + ".spec.template.spec.containers = []"}, want: []string{"Required " + inDeployment + ".spec.template.spec.containers"}},
	{number: 38, about: "another selector and other labels", new: []string{`spec.selector = {"matchLabels":{"a":"c"}}`, inStatefulSet + `.metadata.labels.a = "c"`,
		inStatefulSet + `.spec.template.metadata.labels.a = "c"`}, old: unchanged, warns: "spec.selector was a=b"},
	{about: "an object that would be refused, labelled", new: []string{"spec.selector", "spec.template", `metadata.labels = {"x":"y"}`}, old: []string{"spec.selector", "spec.template"}},
	{about: "Deployments that would be refused, scaled", new: []string{deployment, inDeployment + ".spec.template.spec.containers = []", "spec.replicas = 3"},
		old: []string{deployment, inDeployment + ".spec.template.spec.containers = []"}},
}
