package inject

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
)

// greedySet is a SidecarSet that makes the engine read as much of a pod as it can, with so many sidecars that share its volumes.
func greedySet(sharers int) []byte {
	var containers strings.Builder
	for i := range sharers {
		fmt.Fprintf(&containers, `{"name":"sharer-%d","image":"i:1","shareVolumePolicy":{"type":"enabled"},"shareVolumeDevicePolicy":{"type":"enabled"},
			"transferEnv":[{"sourceContainerName":"app","envNames":["a"]}],"env":[{"name":"a","value":"mine"}],
			"volumeMounts":[{"name":"scratch","mountPath":"/scratch"}],"upgradeStrategy":{"upgradeType":"ColdUpgrade"}},`, i)
	}
	return fmt.Appendf(nil, `{"kind":"SidecarSet","metadata":{"name":"greedy"},"spec":{"selector":{"matchLabels":{"app":"target"}},"containers":[%s
		{"name":"hot","image":"i:1","upgradeStrategy":{"upgradeType":"HotUpgrade","hotUpgradeEmptyImage":"e:1"}}],
		"imagePullSecrets":[{"name":"pull"}],"volumes":[{"name":"scratch","emptyDir":{}}],
		"patchPodMetadata":[{"patchPolicy":"MergePatchJson","annotations":{"merged":"{\"by\":{\"the\":\"set\"}}"}}]}}`, containers.String())
}

// numbered writes text many times, with the number of each in the place of %.
func numbered(times int, text string) string {
	var b strings.Builder
	for i := range times {
		before, after, _ := strings.Cut(text, "%")
		fmt.Fprintf(&b, "%s%d%s", before, i, after)
	}
	return b.String()
}

// quoted is text as it is within a JSON string.
func quoted(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw[1 : len(raw)-1])
}

// TestPodsThatTakeForever posts what whoever may create pods can write into three megabytes, the most that API servers take. Each kind of it made a
// review take minutes or gigabytes, or its patch made the API server. The patch must apply at once, and the memory is bounded.
func TestPodsThatTakeForever(t *testing.T) {
	const most = 20_000 // of elements, less those that are in each pod anyway
	pod := func(annotations, spec string) string {
		return `{"metadata":{"name":"p","labels":{"app":"target"},"annotations":{` + annotations + `}},"spec":{` + spec + `}}`
	}
	container := func(members string) string { return `"containers":[{"name":"app","image":"i:1"` + members + `}]` }
	mounts := func(list string) string {
		return `,"envFrom":[{}],"volumeMounts":[` + list + `{"name":"m","mountPath":"/m"}]`
	}
	expression := func(env, expression string) string {
		return container(`,"env":[` + env + `{"name":"a","value":"b"}],"volumeMounts":[{"name":"m","mountPath":"/m","subPathExpr":"` + expression + `"}]`)
	}
	name := strings.Repeat("n", 2_900_000)
	engine := newEngine(t, viewOf(t, greedySet(10)), Options{})
	for what, test := range map[string]struct {
		pod  string
		want int32 // the code of the refusal
	}{
		"variables":                              {pod(``, expression(numbered(most-100, `{"name":"v%"},`), strings.Repeat(`$(a)`, 500_000))), 0},
		"as many variables as a path may use":    {pod(``, expression(numbered(most-100, `{"name":"v%"},`), numbered(999, `$(v%)`)+`$(a)`)), 0},
		"mounts that cannot be shared":           {pod(``, container(mounts(numbered(most-100, `{"name":"m","mountPath":"/%","subPathExpr":"$(X)"},`)))), 0},
		"mounts of a container with a long name": {pod(``, `"containers":[{"name":"`+name+`"`+mounts(numbered(1_000, `{"name":"m","mountPath":"/%","subPathExpr":"$(X)"},`))+`}]`), 0},
		"mounts that use a long variable": {pod(``, container(`,"env":[{"name":"a","value":"`+strings.Repeat("v", 1_000_000)+`"}],"volumeMounts":[`+
			numbered(most-100, `{"name":"m","mountPath":"/%","subPathExpr":"$(a)"},`)+`{"name":"m","mountPath":"/m"}]`)), 422},
		"mounts for many sidecars":           {pod(``, container(mounts(numbered(most-100, `{"name":"m","mountPath":"/%","subPath":"some/where/else"},`)))), 422},
		"records that cannot be read":        {pod(`"kruise.io/sidecarset-hash":"{`+quoted(numbered(200_000, `"%":1,`))+`\"x\":1}"`, container(``)), 422},
		"as many records as there may be":    {pod(`"kruise.io/sidecarset-hash":"{`+quoted(numbered(25_000, `"%":1,`))+`\"x\":1}"`, container(``)), 0},
		"a list of SidecarSets":              {pod(`"kruise.io/sidecarset-injected-list":"`+strings.Repeat(",", 3_000_000)+`"`, container(``)), 422},
		"an annotation to merge, nested":     {pod(`"merged":"`+quoted(strings.Repeat(`{"by":`, 9_000)+"1"+strings.Repeat("}", 9_000))+`"`, container(``)), 0},
		"secrets that are there many times":  {pod(``, container(``)+`,"imagePullSecrets":[`+strings.Repeat(`{"name":"s"},`, most-100)+`{"name":"s"}]`), 0},
		"the containers of sidecars, huge":   {pod(``, `"containers":[{"name":"sharer-0","x":`+"["+strings.Repeat(`"",`, 900_000)+`""]},{"name":"app"}]`), 0},
		"a volume of the same name, huge":    {pod(``, container(``)+`,"volumes":[{"name":"scratch","x":[`+strings.Repeat(`"",`, 900_000)+`""]}]`), 0},
		"as many containers as there may be": {pod(``, `"containers":[`+numbered(most-1, `{"name":"c%"},`)+`{"name":"app"}]`), 0},
		"more containers":                    {pod(``, `"containers":[`+numbered(most, `{"name":"c%"},`)+`{"name":"app"}]`), 400},
		"empty containers":                   {pod(``, `"containers":[`+strings.Repeat(`{},`, 900_000)+`{"name":"app"}]`), 400},
		"as many volumes as there may be":    {pod(``, container(``)+`,"volumes":[`+numbered(most-2, `{"name":"v%"},`)+`{"name":"v"}]`), 0},
		"empty owners":                       {`{"metadata":{"ownerReferences":[` + strings.Repeat(`{},`, 900_000) + `{}]}}`, 400},
		"labels":                             {`{"metadata":{"labels":{` + numbered(200_000, `"l%":"",`) + `"app":"target"}}}`, 0},
	} {
		t.Run(what, func(t *testing.T) {
			if len(test.pod) > 3<<20 {
				t.Fatalf("the pod has %d bytes, which no API server takes", len(test.pod))
			}
			request := createPod("shop", []byte(test.pod))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := engine.Review(t.Context(), request)
			runtime.ReadMemStats(&after)
			if err != nil || got.Code != test.want {
				t.Errorf("code %d, error %v, want code %d: %.300s", got.Code, err, test.want, got.Message)
			}
			// Much less without the race detector, which makes pools forget what they hold.
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<30 {
				t.Errorf("the review has taken %d MiB", allocated>>20)
			}
			if !got.Allowed {
				return
			}
			text, err := json.Marshal(got.Patch)
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > 8<<20 || len(got.Patch) > 1000 {
				t.Errorf("the patch has %d operations and %d bytes", len(got.Patch), len(text))
			}
			patch, err := jsonpatch.DecodePatch(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := patch.Apply([]byte(test.pod)); err != nil {
				t.Errorf("the patch does not apply: %v", err)
			}
		})
	}
}
