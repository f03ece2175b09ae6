package protection

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// TestDeleteMany deletes protected and unprotected objects together, in every way that a user has: exactly the unprotected go. kubectl
// deletes one by one, and is refused for each protected object; a collection succeeds.
func TestDeleteMany(t *testing.T) {
	cluster := prepare(t)
	install(t, cluster, "")
	namespaceWith(t, cluster, "many", nil)
	awaitProtection(t, cluster, "many")
	user := as(t, cluster, "people")
	for i, way := range []struct {
		name   string
		delete func(t *testing.T, namespace string, services, cloneSets dynamic.ResourceInterface) error
		says   []string // by every refusal; without any, the request succeeds
		left   string
	}{
		{"a collection", collection(""), nil, "b e scaled-2"},
		{"a collection of what has no label", collection("!" + label), nil, "b d e f scaled-0 scaled-2"},
		{"a collection of what is always protected", collection(label + " in (Always)"), nil, "a b c d e f scaled-0 scaled-2"},
		{"a collection of what is not always protected", collection(label + " notin (Always)"), nil, "b e scaled-2"},
		{"kubectl delete --all", kubectlDeleteAll(cluster),
			[]string{always("Service", "b"), always("Service", "e"), replicas("CloneSet", "scaled-2", 2)}, "b e scaled-2"},
	} {
		t.Run(way.name, func(t *testing.T) {
			namespace := fmt.Sprintf("many-%d", i)
			namespaceWith(t, cluster, namespace, nil)
			for name, value := range map[string]string{"a": "-", "b": "Always", "c": "-", "d": "Cascading", "e": "Always", "f": "always"} {
				create(t, user, protected("v1", "Service", namespace, name, value, "{ports: [{port: 80}]}"))
			}
			for _, count := range []int{0, 2} {
				create(t, user, protected("apps.kruise.io/v1beta1", "CloneSet", namespace, fmt.Sprintf("scaled-%d", count), "Cascading", fmt.Sprintf(workload, count)))
			}
			services := user.resource(t, protected("v1", "Service", namespace, "any", "-", ""))
			cloneSets := user.resource(t, protected("apps.kruise.io/v1beta1", "CloneSet", namespace, "any", "-", ""))
			err := way.delete(t, namespace, services, cloneSets)
			if (err == nil) != (len(way.says) == 0) {
				t.Errorf("got %v", err)
			}
			for _, words := range way.says {
				if !strings.Contains(fmt.Sprint(err), words) {
					t.Errorf("got %v, want a refusal that says %q", err, words)
				}
			}
			if got := strings.Join(append(left(t, services), left(t, cloneSets)...), " "); got != way.left {
				t.Errorf("%s are left, want %s", got, way.left)
			}
		})
	}
}

// collection deletes the Services and the CloneSets of a selector with one request each.
func collection(selector string) func(*testing.T, string, dynamic.ResourceInterface, dynamic.ResourceInterface) error {
	return func(t *testing.T, _ string, services, cloneSets dynamic.ResourceInterface) error {
		chosen := metav1.ListOptions{LabelSelector: selector}
		if err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, chosen); err != nil {
			return err
		}
		return cloneSets.DeleteCollection(t.Context(), metav1.DeleteOptions{}, chosen)
	}
}

// kubectlDeleteAll has kubectl delete all, which sends one request an object and goes on after a refusal.
func kubectlDeleteAll(cluster *controlplane.ControlPlane) func(*testing.T, string, dynamic.ResourceInterface, dynamic.ResourceInterface) error {
	return func(t *testing.T, namespace string, _, _ dynamic.ResourceInterface) error {
		kubectl, err := programs.Kubectl()
		if err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig="+cluster.Kubeconfig(), "--cache-dir="+t.TempDir(), "--namespace="+namespace,
			"delete", "services,clonesets.apps.kruise.io", "--all", "--wait=false").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		return nil
	}
}

// left are the names of what is there.
func left(t *testing.T, resource dynamic.ResourceInterface) (names []string) {
	t.Helper()
	list, err := resource.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Items {
		names = append(names, item.GetName())
	}
	return names
}
