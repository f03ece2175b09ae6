package e2e

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// What examples/deployment-frontend.yaml promises: 25 replicas, maxSurge 3, maxUnavailable 2.
const (
	frontendReplicas = 25
	frontendMost     = 28
	frontendLeast    = 23
)

// TestRollout rolls the Deployment of examples/ from one image to the next while a kubelet is played. Every state that the API server went
// through is looked at: each pod is injected, there are never more than 28 pods, and never fewer than 23 are available.
func TestRollout(t *testing.T) {
	cluster, installed := install(t)
	namespace := cluster.NamespaceForTest(t)
	// Some pods are slower than others, so that the controller has to wait for the limits.
	cluster.KubeletForTest(t, namespace, func(n int) time.Duration { return time.Duration(n%4) * 50 * time.Millisecond })
	sidecarSet(t, installed, namespace, "rollout", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-rollout}
spec:
  selector: {matchLabels: {e2e: rollout}}
  initContainers: [{name: mesh, image: "mesh:1", restartPolicy: Always}]
  updateStrategy: {type: NotUpdate}
  containers: [{name: agent, image: "agent:1"}]
`)
	deployment := frontend(t)
	roll := observeRoll(t, cluster, namespace)
	deployment.SetNamespace(namespace)
	if _, err := installed.Client.Create(t.Context(), deployment); err != nil {
		t.Fatal(err)
	}
	roll.waitFor(t, "php-redis:v4")
	roll.enforce()
	container := deployment.Object["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["containers"].([]any)[0].(map[string]any)
	container["image"] = strings.Replace(container["image"].(string), ":v4", ":v5", 1)
	next, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"containers": []any{container}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := installed.Client.Patch(t.Context(), deployment, string(next)); err != nil {
		t.Fatal(err)
	}
	roll.waitFor(t, "php-redis:v5")

	roll.waitSettled(t)

	states, most, least := roll.replay(t)
	if roll.created != 2*frontendReplicas {
		t.Errorf("%d pods were created, want %d", roll.created, 2*frontendReplicas)
	}
	if most <= frontendReplicas || least >= frontendReplicas {
		t.Errorf("the roll was never seen under way: at most %d pods, at least %d available", most, least)
	}
	t.Logf("%d states: at most %d pods, at least %d available", states, most, least)
}

// frontend is the Deployment of examples/, with the label that this test's SidecarSet selects.
func frontend(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	objects, err := installation.Read(filepath.Join(installation.Root(), "examples", "deployment-frontend.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	deployment := objects[0]
	err = unstructured.SetNestedField(deployment.Object, "rollout", "spec", "template", "metadata", "labels", "e2e")
	for _, limit := range []struct {
		want int64
		path []string
	}{
		{frontendReplicas, []string{"spec", "replicas"}},
		{frontendMost - frontendReplicas, []string{"spec", "strategy", "rollingUpdate", "maxSurge"}},
		{frontendReplicas - frontendLeast, []string{"spec", "strategy", "rollingUpdate", "maxUnavailable"}},
	} {
		got, _, limitErr := unstructured.NestedInt64(deployment.Object, limit.path...)
		if err = errors.Join(err, limitErr); got != limit.want {
			t.Fatalf("%s is %d in examples/, this test expects %d", strings.Join(limit.path, "."), got, limit.want)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return deployment
}
