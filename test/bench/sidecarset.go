package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// matchedApp is the application of the pods that a SidecarSet selects, whatever the number of SidecarSets.
const matchedApp = "app-0"

// writeSidecarSets writes the manifests of count SidecarSets to dir.
func writeSidecarSets(dir string, count int) error {
	var manifests strings.Builder
	for i := range count {
		manifest, err := sidecarSet(i)
		if err != nil {
			return err
		}
		manifests.Write(manifest)
		manifests.WriteString("\n---\n")
	}
	return os.WriteFile(filepath.Join(dir, "sidecarsets.yaml"), []byte(manifests.String()), 0o644)
}

// sidecarSet is one of many SidecarSets as platforms have them: one for each application, a quarter of them bound to a namespace, each with a
// sidecar that has resources, a volume of its own and the volumes of the application.
func sidecarSet(i int) ([]byte, error) {
	spec := map[string]any{
		"selector": map[string]any{"matchLabels": map[string]any{"team": "shop", "app": fmt.Sprintf("app-%d", i)}},
		"containers": []any{map[string]any{
			"name": "agent", "image": "registry.example.com/agent:1", "imagePullPolicy": "IfNotPresent",
			"podInjectPolicy": "BeforeAppContainer", "shareVolumePolicy": map[string]any{"type": "enabled"},
			"env":                    []any{map[string]any{"name": "AGENT_MODE", "value": "sidecar"}},
			"volumeMounts":           []any{map[string]any{"name": "spool", "mountPath": "/spool"}},
			"resources":              map[string]any{"limits": map[string]any{"cpu": "100m", "memory": "64Mi"}},
			"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
			"upgradeStrategy": map[string]any{"upgradeType": "ColdUpgrade"},
		}},
		"volumes": []any{map[string]any{"name": "spool", "emptyDir": map[string]any{}}},
	}
	if i%4 == 1 {
		spec["namespaceSelector"] = map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": fmt.Sprintf("team-%d", i%100)}}
	}
	return json.Marshal(map[string]any{
		"apiVersion": "apps.kruise.io/v1beta1", "kind": "SidecarSet",
		"metadata": map[string]any{"name": fmt.Sprintf("set-%d", i)}, "spec": spec,
	})
}
