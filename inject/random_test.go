package inject

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
)

// random makes SidecarSets and pods that touch each other in as many ways as possible: few names, many features.
type random struct{ *rand.Rand }

func (r random) pick(values ...string) string { return values[r.IntN(len(values))] }

func (r random) clashes() Clashes {
	policy := func() ClashPolicy { return ClashPolicy(r.IntN(len(clashPolicies))) }
	return Clashes{Container: policy(), Volume: policy(), MountPath: policy()}
}

func (r random) chance(oneIn int) bool { return r.IntN(oneIn) == 0 }

func (r random) list(atMost int, element func() any) []any {
	values := []any{}
	for range r.IntN(atMost + 1) {
		values = append(values, element())
	}
	return values
}

func (r random) env() any {
	e := map[string]any{"name": r.pick("A", "B", "C", "D", "IS_INJECTED"), "value": r.pick("1", "2", "true", "$(A)")}
	if r.chance(5) {
		delete(e, "value")
		e["valueFrom"] = map[string]any{"fileKeyRef": map[string]any{"key": "k"}}
	}
	return e
}

// subset keeps some of the values, in any order.
func (r random) subset(values ...string) []string {
	r.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	return values[:r.IntN(len(values)+1)]
}

func (r random) mounts() []any {
	mounts := []any{}
	for _, path := range r.subset("/a", "/b", "/c", "/d") {
		m := map[string]any{"name": r.pick("data", "logs", "spool"), "mountPath": path, "futureField": r.IntN(3)}
		if r.chance(3) {
			m["subPathExpr"] = r.pick("$(A)", "x/$(B)/$(C)", "plain", "$(MISSING)")
		}
		mounts = append(mounts, m)
	}
	return mounts
}

func (r random) devices() []any {
	devices := []any{}
	for _, path := range r.subset("/dev/x", "/dev/y") {
		devices = append(devices, map[string]any{"name": r.pick("disk", "block"), "devicePath": path})
	}
	return devices
}

func (r random) container(names ...string) map[string]any {
	c := map[string]any{"name": r.pick(names...), "image": r.pick("i:1", "i:2")}
	if !r.chance(4) {
		c["env"] = r.list(4, r.env)
	}
	if !r.chance(3) {
		c["volumeMounts"] = r.mounts()
	}
	if r.chance(4) {
		c["volumeDevices"] = r.devices()
	}
	if r.chance(3) {
		c["resources"] = map[string]any{
			"limits": map[string]any{"cpu": r.pick("1", "500m"), "memory": "1Gi"}, "requests": map[string]any{"cpu": "100m"},
		}
	}
	if r.chance(6) {
		c["envFrom"] = []any{map[string]any{"secretRef": map[string]any{"name": "s"}}}
	}
	if r.chance(3) {
		c["futureField"] = map[string]any{"deep": []any{1, nil}}
	}
	return c
}

func (r random) sidecar(init bool) any {
	c := r.container("s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "t1", "t2", "app")
	c["podInjectPolicy"] = r.pick("BeforeAppContainer", "AfterAppContainer")
	c["shareVolumePolicy"] = map[string]any{"type": r.pick("enabled", "disabled")}
	if init && r.chance(2) {
		c["restartPolicy"] = "Always"
	}
	if r.chance(3) {
		c["shareVolumeDevicePolicy"] = map[string]any{"type": "enabled"}
	}
	if r.chance(3) {
		c["upgradeStrategy"] = map[string]any{"upgradeType": "HotUpgrade", "hotUpgradeEmptyImage": "empty:1"}
	}
	if r.chance(2) {
		c["transferEnv"] = []any{map[string]any{"sourceContainerName": r.pick("app", "aux", "s1", "s2"), "envNames": []any{"A", "B"}}}
	}
	if r.chance(5) {
		delete(c, "resources")
		c["resourcesPolicy"] = map[string]any{
			"targetContainersMode": r.pick("sum", "max"), "targetContainersNameRegex": r.pick(".*", "^a", "-1$"),
			"resourcesExpr": map[string]any{"limits": map[string]any{"cpu": "cpu*50%"}, "requests": map[string]any{"memory": "max(memory, 64Mi)"}},
		}
	}
	return c
}

func (r random) volume() any {
	return map[string]any{"name": r.pick("data", "logs", "spool", "disk"), r.pick("emptyDir", "futureSource"): map[string]any{}}
}

func (r random) sidecarSet(name string) []byte {
	spec := map[string]any{
		"selector":       map[string]any{"matchLabels": map[string]any{"app": "x"}},
		"initContainers": r.list(2, func() any { return r.sidecar(true) }),
		"containers":     r.list(2, func() any { return r.sidecar(false) }),
		"volumes":        r.list(3, r.volume),
	}
	if r.chance(2) {
		spec["imagePullSecrets"] = []any{map[string]any{"name": r.pick("k1", "k2", "k3")}}
	}
	if r.chance(3) {
		spec["namespaceSelector"] = map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": "shop"}}
	}
	if r.chance(2) {
		spec["patchPodMetadata"] = r.list(3, func() any {
			return map[string]any{
				"patchPolicy": r.pick("Retain", "Overwrite", "MergePatchJson"),
				"annotations": map[string]any{r.pick("k/a", "b~c"): r.pick(`{"x": 1}`, `{"y":{"z":null, "w":[{"v":null}]}}`, `{"x":null}`)},
			}
		})
	}
	raw, _ := json.Marshal(map[string]any{"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet", "metadata": map[string]any{"name": name}, "spec": spec})
	return raw
}

func (r random) pod() []byte {
	metadata := map[string]any{"name": "p", "labels": map[string]any{"app": "x"}}
	if !r.chance(3) {
		metadata["annotations"] = map[string]any{r.pick("k/a", "other"): r.pick(`{"x": 2,"q":null}`, `{ "y" : {"w":{}}}`, ""), "kept": "as it is"}
	}
	spec := map[string]any{"containers": []any{r.container("app"), r.container("aux")}, "futureList": []any{1, nil}}
	if r.chance(2) {
		spec["containers"] = []any{r.container("app"), r.container("aux"), r.container("s1", "s2-1", "web")}
	}
	if r.chance(2) {
		spec["initContainers"] = []any{r.container("setup", "s3")}
	}
	if !r.chance(3) {
		spec["volumes"] = []any{map[string]any{"name": "data", "futureSource": map[string]any{}}, map[string]any{"name": "logs"}}
	}
	switch r.IntN(4) {
	case 0:
		spec["imagePullSecrets"] = []any{map[string]any{"name": "k1", "futureField": 1}, map[string]any{"name": "k2"}, map[string]any{"name": "k1"}}
	case 1:
		spec["imagePullSecrets"], metadata["annotations"] = nil, nil
	}
	raw, _ := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
	return raw
}

// view makes a few SidecarSets.
func (r random) view() *memoryView {
	v := newMemoryView()
	v.namespaces["shop"] = map[string]string{"kubernetes.io/metadata.name": "shop"}
	for i := range 1 + r.IntN(3) {
		if err := v.add(r.sidecarSet(fmt.Sprintf("set%d", i))); err != nil {
			panic(err)
		}
	}
	return v
}
