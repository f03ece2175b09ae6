package inject

import (
	"encoding/json"
	"testing"

	"github.com/kruise-admission/kruise-admission/internal/recorded"
)

// FuzzPod posts anything as a pod: the engine gives a decision, its patch applies, and injecting twice is injecting once.
func FuzzPod(f *testing.F) {
	engine, cases := ownEngine(f)
	for _, c := range cases {
		if object := c.Request().Object.Raw; len(object) < 4096 {
			f.Add(object)
		}
	}
	f.Add([]byte(`{"metadata":{"labels":{"vi.case":"place-default","":""}},"metadata":{},"spec":null,"spec":{"containers":[null,null]}}`))
	f.Fuzz(func(t *testing.T, object []byte) { checkProperties(t, engine, "vi-alpha", object) })
}

// FuzzAnnotations puts any text into the annotations that injection reads.
func FuzzAnnotations(f *testing.F) {
	engine, _ := ownEngine(f)
	for _, text := range []string{
		"null", "", "{", `{"vi-ann":"legacy"}`, `{"vi-ann":{"hash":1}}`, `{"a":null}`, `{"a":{"updateTimestamp":"9999-12-31T23:59:59-23:59"}}`, ",,,", `["a"]`, "\xff",
	} {
		f.Add(text, text, text, text)
	}
	f.Fuzz(func(t *testing.T, hash, withoutImage, list, merged string) {
		for _, label := range []string{"ann", "hot-one", "meta-merge"} {
			object, err := json.Marshal(map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"vi.case": label}, "annotations": map[string]any{
					"kruise.io/sidecarset-hash": hash, "kruise.io/sidecarset-hash-without-image": withoutImage,
					"kruise.io/sidecarset-injected-list": list, "kruise.io/sidecarset-working-hotupgrade-container": hash, "vi.test/cfg": merged,
				}},
				"spec": map[string]any{"containers": []any{map[string]any{"name": "web"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			checkProperties(t, engine, "vi-alpha", object)
		}
	})
}

// FuzzSidecarSet compiles anything that decodes as a SidecarSet and injects it into a pod that has a bit of everything.
func FuzzSidecarSet(f *testing.F) {
	f.Add(simpleSet("s", "x", ""))
	f.Add([]byte(`{"metadata":{"name":"s"},"spec":{"selector":{"matchLabels":{"app":"x"}},"containers":[{"name":"a","transferEnv":[{"sourceContainerNameFrom":{}}],"resourcesPolicy":{}}]}}`))
	view := newMemoryView()
	loadFile(f, view, recorded.Universe(recorded.OwnFolder(), "inject"))
	for i, name := range view.names() {
		if i%8 == 0 {
			f.Add(view.stored[name])
		}
	}
	pod := []byte(`{"metadata":{"name":"p","labels":{"app":"x"},"annotations":{"a":"{}"}},"spec":{"initContainers":[{"name":"i","restartPolicy":"Always"}],
		"containers":[{"name":"web","env":[{"name":"A","value":"1"}],"volumeMounts":[{"name":"v","mountPath":"/v","subPathExpr":"$(A)"}],"volumeDevices":[{"name":"d","devicePath":"/d"}],"resources":{"limits":{"cpu":"1"}}}],
		"volumes":[{"name":"v"}],"imagePullSecrets":[{"name":"k"},{"name":"k"}]}}`)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var object map[string]any
		if json.Unmarshal(raw, &object) != nil {
			return
		}
		if spec, ok := object["spec"].(map[string]any); ok {
			spec["selector"] = map[string]any{"matchLabels": map[string]any{"app": "x"}}
			delete(spec, "namespaceSelector")
		}
		object["kind"], object["metadata"] = "SidecarSet", map[string]any{"name": "s", "annotations": map[string]any{}}
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		view := newMemoryView()
		if view.add(raw) != nil {
			return
		}
		checkProperties(t, newEngine(t, view, Options{}), "vi-alpha", pod)
	})
}
