package podsteps

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// checkProperties checks what must hold for every pipeline and pod: a decision, a patch that applies, taking the steps twice is taking
// them once, and what no step means stays. It says whether anything was changed.
func checkProperties(t *testing.T, pipeline *Pipeline, object []byte) bool {
	t.Helper()
	result, err := pipeline.Review(t.Context(), createPod(object))
	if err != nil {
		t.Fatalf("cannot tell: %v", err)
	}
	if !result.Allowed {
		if result.Message == "" || result.Reason == "" || !slices.Contains([]int32{400, 403, 422}, result.Code) {
			t.Fatalf("a refusal that does not say why: %+v", result)
		}
		return false
	}
	patched := applied(t, object, result.Patch)
	checkKept(t, object, patched)
	again, err := pipeline.Review(t.Context(), createPod(patched))
	if err != nil || !again.Allowed || len(again.Patch) != 0 {
		t.Fatalf("twice is not once: err=%v allowed=%v %s\npod: %s\nfirst: %s\nsecond: %s", err, again.Allowed, again.Message, patched, show(result.Patch), show(again.Patch))
	}
	return len(result.Patch) > 0
}

func show(patch []decision.Operation) string {
	text, _ := json.Marshal(patch)
	return string(text)
}

// applied applies operations strictly.
func applied(t testing.TB, raw []byte, operations []decision.Operation) []byte {
	t.Helper()
	patched, err := recorded.Patched(raw, operations)
	if err != nil {
		t.Fatalf("the patch does not apply: %v\npod: %s\npatch: %s", err, raw, show(operations))
	}
	return patched
}

// checkKept checks that members of which no step knows anything are as they were, in the pod, its spec, and its containers.
func checkKept(t *testing.T, object, patched []byte) {
	t.Helper()
	var before, after map[string]any
	if json.Unmarshal(object, &before) != nil || json.Unmarshal(patched, &after) != nil {
		t.Fatalf("not a pod: %s", patched)
	}
	compareMembers(t, "", before, after, "metadata", "spec")
	specBefore, _ := before["spec"].(map[string]any)
	specAfter, _ := after["spec"].(map[string]any)
	compareMembers(t, "spec", specBefore, specAfter,
		"containers", "initContainers", "volumes", "imagePullSecrets", "readinessGates", "nodeSelector", "affinity")
	times := map[string]int{} // a container that shares its name with another cannot be found again
	for _, own := range named(specBefore["containers"]) {
		if name, ok := own["name"].(string); ok {
			times[name]++
		}
	}
	for _, own := range named(specBefore["containers"]) {
		for _, now := range named(specAfter["containers"]) {
			// Those that have the name of a sidecar are replaced.
			if name, ok := own["name"].(string); ok && now["name"] == name && times[name] == 1 && own["mark"] != nil && name != "agent" {
				compareMembers(t, "container", own, now, "env", "livenessProbe")
			}
		}
	}
}

func compareMembers(t *testing.T, where string, before, after map[string]any, except ...string) {
	t.Helper()
	for name, value := range before {
		if !slices.Contains(except, name) && !cmp.Equal(value, after[name]) {
			t.Fatalf("%s.%s was changed: %s", where, name, cmp.Diff(value, after[name]))
		}
	}
}

func named(list any) (elements []map[string]any) {
	entries, _ := list.([]any)
	for _, entry := range entries {
		if element, ok := entry.(map[string]any); ok {
			elements = append(elements, element)
		}
	}
	return elements
}

// everything is a cluster in which every step has something to say about most random pods.
const everything = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: x}}
  containers:
  - {name: agent, image: "agent:1", env: [{name: KRUISE_CONTAINER_PRIORITY, value: "7"}], livenessProbe: {exec: {command: [live]}},
     shareVolumePolicy: {type: disabled}}
  - {name: tail, image: "tail:1", podInjectPolicy: AfterAppContainer, shareVolumePolicy: {type: enabled}}
  patchPodMetadata: [{annotations: {"apps.kruise.io/using-enhanced-liveness": "true"}, patchPolicy: Retain}]
---
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: starter}
spec:
  selector: {matchLabels: {ordered: "yes"}}
  initContainers: [{name: restarting, image: "r:1", restartPolicy: Always}]
  patchPodMetadata: [{annotations: {"apps.kruise.io/container-launch-priority": Ordered}, patchPolicy: Overwrite}]
---
apiVersion: policy.kruise.io/v1beta1
kind: PodUnavailableBudget
metadata: {name: budget, namespace: shop}
spec: {selector: {matchLabels: {app: x}}, maxUnavailable: 1}
---
apiVersion: policy.kruise.io/v1beta1
kind: PodUnavailableBudget
metadata: {name: deployed, namespace: shop}
spec: {targetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxUnavailable: 1}
---
apiVersion: apps.kruise.io/v1beta1
kind: PersistentPodState
metadata: {name: states, namespace: shop}
spec:
  targetRef: {apiVersion: apps.kruise.io/v1beta1, kind: StatefulSet, name: web}
  requiredPersistentTopology: {keys: [zone]}
  preferredPersistentTopology: [{weight: 5, preference: {keys: [host]}}, {weight: 5, preference: {keys: [host]}}, {weight: 1, preference: {keys: [rack]}}]
status: {observedGeneration: 1, podStates: {web-0: {nodeTopologyLabels: {zone: a, host: h}}}}
---
apiVersion: apps.kruise.io/v1alpha1
kind: PodProbeMarker
metadata: {name: healthy, namespace: shop}
spec:
  selector: {matchLabels: {app: x}}
  probes:
  - {name: up, containerName: app, probe: {exec: {command: [up]}}, podConditionType: example.com/up}
  - {name: up, containerName: restarting, probe: {exec: {command: [up]}}, podConditionType: example.com/started}
---
apiVersion: apps.kruise.io/v1alpha1
kind: PodProbeMarker
metadata: {name: again, namespace: shop}
spec:
  selector: {matchLabels: {tier: web}}
  probes: [{name: idle, containerName: app, probe: {exec: {command: [idle]}}, podConditionType: example.com/up}]
`

// everyStep takes them all.
func everyStep(t testing.TB) *Pipeline {
	t.Helper()
	return newPipeline(t, newView(t, []byte(everything)), Options{
		PodUnavailableBudgets: true, EnhancedLiveness: true, ProbeMarkers: true, Workloads: replicaSets{"web-1": "web"},
	})
}

// random makes pods that the steps have something to do with.
type random struct{ *rand.Rand }

func (r random) chance(oneIn int) bool { return r.IntN(oneIn) == 0 }

func (r random) pick(values ...string) string { return values[r.IntN(len(values))] }

func (r random) pod() []byte {
	metadata := map[string]any{"namespace": "shop", "mark": r.IntN(9)}
	metadata[r.pick("name", "generateName")] = r.pick("web-0", "web-")
	labels := map[string]string{}
	for key, value := range map[string]string{"app": "x", "tier": "web", "ordered": "yes"} {
		if r.chance(2) {
			labels[key] = value
		}
	}
	metadata["labels"] = labels
	annotations := map[string]string{}
	for key, value := range map[string]string{
		"apps.kruise.io/container-launch-priority": r.pick("Ordered", "ordered"),
		"apps.kruise.io/using-enhanced-liveness":   r.pick("true", "True"),
		"apps.kruise.io/container-probe-context":   r.pick("", "null", "{", `[{"name":"app"}]`, `[{"name":"gone","livenessProbe":{"exec":{}}}]`),
		"kruise.io/podprobemarker-list":            r.pick("again,healthy", "gone", "", "healthy"),
		"kruise.io/related-pub":                    r.pick("other", "budget"),
	} {
		if r.chance(3) {
			annotations[key] = value
		}
	}
	if !r.chance(3) {
		metadata["annotations"] = annotations
	}
	if !r.chance(4) {
		kind := r.pick("apps.kruise.io/v1beta1 StatefulSet web", "apps/v1 ReplicaSet web-1", "apps.kruise.io/v1alpha1 CloneSet web", "v1 Node web")
		var apiVersion, name string
		_, _ = fmt.Sscan(kind, &apiVersion, &kind, &name)
		metadata["ownerReferences"] = []any{map[string]any{"apiVersion": apiVersion, "kind": kind, "name": name, "uid": "u", "controller": !r.chance(9)}}
	}
	spec := map[string]any{"mark": map[string]any{"deep": []any{1, nil}}}
	spec["containers"] = r.containers("app", "aux", "agent")
	if r.chance(3) {
		spec["initContainers"] = r.containers("setup", "restarting")
	}
	if r.chance(3) {
		spec["readinessGates"] = []any{map[string]any{"conditionType": r.pick("KruisePodReady", "other"), "mark": 1}}
	}
	if r.chance(3) {
		spec["nodeSelector"] = map[string]any{r.pick("zone", "disk"): r.pick("a", "b")}
	}
	if r.chance(3) {
		term := map[string]any{"weight": 5, "preference": map[string]any{"matchExpressions": []any{map[string]any{"key": "host", "operator": "In", "values": []any{"h"}}}}}
		spec["affinity"] = map[string]any{"nodeAffinity": map[string]any{"preferredDuringSchedulingIgnoredDuringExecution": []any{term}}, "podAffinity": nil}
	}
	raw, _ := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "mark": "m"})
	return raw
}

// containers have the names in any order.
func (r random) containers(names ...string) []any {
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	var containers []any
	for _, name := range names[:1+r.IntN(len(names))] {
		c := map[string]any{"name": name, "image": "i:1", "mark": r.IntN(9), "restartPolicy": r.pick("", "Always")}
		var env []any
		for range r.IntN(4) {
			v := map[string]any{"name": r.pick("A", "KRUISE_CONTAINER_PRIORITY", "KRUISE_CONTAINER_BARRIER"), "value": r.pick("1", "2", "-3")}
			if r.chance(3) && v["name"] == "KRUISE_CONTAINER_BARRIER" {
				v = map[string]any{"name": v["name"], "valueFrom": map[string]any{"configMapKeyRef": map[string]any{"name": "web-0-barrier", "key": "p_1", "optional": r.chance(2)}}}
			}
			env = append(env, v)
		}
		if env != nil || r.chance(2) {
			c["env"] = env
		}
		if r.chance(2) {
			c["livenessProbe"] = map[string]any{"exec": map[string]any{"command": []any{"<live>"}}, "mark": 1}
		}
		containers = append(containers, c)
	}
	return containers
}

// TestPropertiesOfRandomPods takes all steps with random pods.
func TestPropertiesOfRandomPods(t *testing.T) {
	pipeline := everyStep(t)
	all := []string{"readiness gate", "launch priority", "PodUnavailableBudget", "PersistentPodState", "enhanced liveness", "PodProbeMarker"}
	steps, changed := map[string]int{}, 0
	const rounds = 1000
	for seed := range uint64(rounds) {
		pod := random{rand.New(rand.NewPCG(seed, 1))}.pod()
		if !t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			if checkProperties(t, pipeline, pod) {
				changed++
			}
		}) {
			t.Logf("pod: %s", pod)
			break
		}
		result, err := pipeline.Review(t.Context(), createPod(pod))
		if err != nil {
			t.Fatal(err)
		}
		for _, taken := range StepsTaken(result) {
			for _, step := range all {
				if strings.HasPrefix(taken, step) {
					steps[step]++
				}
			}
		}
	}
	for _, step := range all {
		if steps[step] < rounds/50 {
			t.Errorf("only %d of %d pods took the step %s: the random pods no longer test much", steps[step], rounds, step)
		}
	}
	if changed < rounds/2 {
		t.Errorf("only %d of %d pods were changed", changed, rounds)
	}
}

// TestPropertiesOfRecordedPods holds the recorded pods to the same.
func TestPropertiesOfRecordedPods(t *testing.T) {
	_, cases := recordedPipeline(t, recorded.OwnFolder())
	pipeline := everyStep(t)
	for _, c := range cases {
		if request := c.Request(); len(request.Object.Raw) > 0 {
			t.Run(c.ID, func(t *testing.T) { checkProperties(t, pipeline, request.Object.Raw) })
		}
	}
}

// FuzzPod posts anything as a pod.
func FuzzPod(f *testing.F) {
	pipeline := everyStep(f)
	for seed := range uint64(20) {
		f.Add(random{rand.New(rand.NewPCG(seed, 2))}.pod())
	}
	owned := `"metadata":{"name":"web-0","labels":{"app":"x","ordered":"yes"},"ownerReferences":[{"apiVersion":"apps.kruise.io/v1beta1","kind":"StatefulSet","name":"web","controller":true}]}`
	for _, spec := range []string{
		`null`, `{}`, `{"containers":null}`, `{"containers":[null,null]}`, `{"containers":[{},{}]}`, `{"containers":[{"env":null},{"env":[null]}]}`,
		`{"containers":{}}`, `{"readinessGates":{}}`, `{"readinessGates":[null]}`, `{"nodeSelector":[]}`, `{"nodeSelector":{"zone":null}}`, `{"affinity":{"nodeAffinity":null}}`,
		`{"affinity":[]}`, `{"containers":[{"livenessProbe":null},{"livenessProbe":1}]}`, `{"containers":[],"containers":[{"name":"a"},{"name":"b"}]}`,
	} {
		f.Add([]byte(`{` + owned + `,"spec":` + spec + `}`))
	}
	f.Add([]byte(`{"spec":{"containers":[{},{}]},` + owned + `,"metadata":null}`))
	f.Fuzz(func(t *testing.T, object []byte) { checkProperties(t, pipeline, object) })
}
