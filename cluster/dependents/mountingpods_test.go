package dependents

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestReferencesOfPods: every way in which a pod uses an object, written as a user writes it.
func TestReferencesOfPods(t *testing.T) {
	for name, c := range map[string]struct{ resource, spec string }{
		"claim":                     {"persistentvolumeclaims", `{"volumes":[{"persistentVolumeClaim":{"claimName":"x"}}]}`},
		"claim of an ephemeral one": {"persistentvolumeclaims", `{"volumes":[{"name":"x2","ephemeral":{}}]}`},
		"ConfigMap volume":          {"configmaps", `{"volumes":[{"configMap":{"name":"x"}}]}`},
		"projected ConfigMap":       {"configmaps", `{"volumes":[{"projected":{"sources":[{"secret":{"name":"y"}},{"configMap":{"name":"x"}}]}}]}`},
		"envFrom ConfigMap":         {"configmaps", `{"containers":[{"envFrom":[{"configMapRef":{"name":"x"}}]}]}`},
		"key of a ConfigMap":        {"configmaps", `{"initContainers":[{"env":[{"name":"a","value":"b"},{"valueFrom":{"configMapKeyRef":{"name":"x"}}}]}]}`},
		"ephemeral container":       {"configmaps", `{"ephemeralContainers":[{"envFrom":[{"configMapRef":{"name":"x"}}]}]}`},
		"Secret volume":             {"secrets", `{"volumes":[{"secret":{"secretName":"x"}}]}`},
		"projected Secret":          {"secrets", `{"volumes":[{"projected":{"sources":[{"secret":{"name":"x"}}]}}]}`},
		"envFrom Secret":            {"secrets", `{"containers":[{"envFrom":[{"secretRef":{"name":"x"}}]}]}`},
		"key of a Secret":           {"secrets", `{"containers":[{"env":[{"valueFrom":{"secretKeyRef":{"name":"x"}}}]}]}`},
		"imagePullSecrets":          {"secrets", `{"imagePullSecrets":[{"name":"x"}]}`},
		"azureFile":                 {"secrets", `{"volumes":[{"azureFile":{"secretName":"x"}}]}`},
		"csi":                       {"secrets", `{"volumes":[{"csi":{"nodePublishSecretRef":{"name":"x"}}}]}`},
		"flexVolume":                {"secrets", `{"volumes":[{"flexVolume":{"secretRef":{"name":"x"}}}]}`},
		"iscsi":                     {"secrets", `{"volumes":[{"iscsi":{"secretRef":{"name":"x"}}}]}`},
		"cephfs":                    {"secrets", `{"volumes":[{"cephfs":{"secretRef":{"name":"x"}}}]}`},
		"cinder":                    {"secrets", `{"volumes":[{"cinder":{"secretRef":{"name":"x"}}}]}`},
		"rbd":                       {"secrets", `{"volumes":[{"rbd":{"secretRef":{"name":"x"}}}]}`},
		"scaleIO":                   {"secrets", `{"volumes":[{"scaleIO":{"secretRef":{"name":"x"}}}]}`},
		"storageos":                 {"secrets", `{"volumes":[{"storageos":{"secretRef":{"name":"x"}}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{}
			pod.Name = "pod"
			if err := json.Unmarshal([]byte(c.spec), &pod.Spec); err != nil {
				t.Fatal(err)
			}
			for resource, visit := range references {
				found := false
				visit(pod, func(name string) { found = found || name == "x" || strings.HasPrefix(name, "pod-x") })
				if found != (resource.Resource == c.resource) {
					t.Errorf("%s: found %t", resource, found)
				}
			}
		})
	}
}

func TestMountingPods(t *testing.T) {
	mounting := func(claim string) map[string]any {
		return map[string]any{"spec": map[string]any{"volumes": []any{
			map[string]any{"name": "v", "persistentVolumeClaim": map[string]any{"claimName": claim}},
		}}}
	}
	server, live := newAPIServer(t)
	server.lists["/api/v1/namespaces/shop/pods"] = []stored{
		{name: "uses-it", phase: "Running", more: mounting("data")},
		{name: "pending", phase: "Pending", more: mounting("data")},
		{name: "finished", phase: "Failed", more: mounting("data")},
		{name: "terminating", phase: "Running", terminating: true, more: mounting("data")},
		{name: "uses-another", phase: "Running", more: mounting("database")},
	}
	got, more, err := live.MountingPods(context.Background(), "shop", schema.GroupResource{Resource: "persistentvolumeclaims"}, "data")
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	if diff := cmp.Diff([]string{"uses-it", "pending"}, got); diff != "" {
		t.Error(diff)
	}
	if got, _, err := live.MountingPods(context.Background(), "shop", schema.GroupResource{Group: "apps", Resource: "deployments"}, "data"); err == nil {
		t.Errorf("a pod mounts a Deployment: %v", got)
	}
}
