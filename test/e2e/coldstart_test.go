package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

const (
	coldSidecarSet = `
apiVersion: apps.kruise.io/v1alpha1
kind: SidecarSet
metadata: {name: cold-start}
spec:
  selector: {matchLabels: {e2e: cold-start}}
  containers: [{name: agent, image: "agent:1"}]
`
	coldWorkloadSpread = `
apiVersion: apps.kruise.io/v1alpha1
kind: WorkloadSpread
metadata: {name: cold-start}
spec:
  targetRef: {apiVersion: apps/v1, kind: ReplicaSet, name: none}
  subsets: [{name: only}]
`
)

// TestR07ColdStartWithObjectsOfTheOldVersion starts the first replica in a cluster that has stored a SidecarSet and a WorkloadSpread as v1alpha1, as one
// with an older OpenKruise has: to list them as v1beta1 the API server needs /convert of the very replica that waits for the list, through a Service that
// leads to ready replicas only. Afterwards the CRD goes and comes back, with such objects, while the server runs.
func TestR07ColdStartWithObjectsOfTheOldVersion(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	client, err := installation.NewClient(cluster.RESTConfig(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	namespace := cluster.NamespaceForTest(t)
	for resource, text := range map[string]string{"sidecarsets": coldSidecarSet, "workloadspreads": coldWorkloadSpread} {
		crds, err := installation.Read(filepath.Join(installation.Root(), "deploy", "crds", "apps.kruise.io_"+resource+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Create(t.Context(), storedAsV1alpha1(t, crds[0])); err != nil {
			t.Fatal(err)
		}
		createOnceServed(t, client, namespace, text)
	}

	// The CRDs of Install store v1beta1. A replica that never becomes ready must not keep the test waiting for ever; Install builds it first.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	installed, err := installation.Install(ctx, cluster, installation.Options{})
	t.Cleanup(func() {
		if t.Failed() {
			t.Log("\n" + installed.LogTail(process.TailLines))
		}
		if err := installed.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "cold-start"}); err != nil || len(pod.Spec.Containers) != 2 {
		t.Errorf("error %v, containers %v, want the one of the SidecarSet that is stored as v1alpha1", err, names(pod.Spec.Containers))
	}

	crd := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "sidecarsets.apps.kruise.io"}}}
	existing, err := client.Get(t.Context(), crd)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Delete(t.Context(), crd); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the CRD is gone", func(ctx context.Context) error {
		if _, err := client.Get(ctx, crd); !apierrors.IsNotFound(err) {
			return fmt.Errorf("it is there: %v", err)
		}
		return nil
	})
	wantContainers(t, cluster, namespace, 1)
	unstructured.RemoveNestedField(existing.Object, "spec", "conversion", "webhook", "clientConfig", "caBundle") // the server publishes it
	if _, err := client.Create(t.Context(), storedAsV1alpha1(t, existing)); err != nil {
		t.Fatal(err)
	}
	createOnceServed(t, client, namespace, coldSidecarSet)
	wantContainers(t, cluster, namespace, 2)
}

// storedAsV1alpha1 gives a CRD as it was before v1beta1 became the version that is stored.
func storedAsV1alpha1(t *testing.T, crd *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	versions, _, err := unstructured.NestedSlice(crd.Object, "spec", "versions")
	if err != nil {
		t.Fatal(err)
	}
	for _, version := range versions {
		v := version.(map[string]any)
		v["storage"] = v["name"] == "v1alpha1"
	}
	if err := unstructured.SetNestedSlice(crd.Object, versions, "spec", "versions"); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: map[string]any{"apiVersion": crd.GetAPIVersion(), "kind": crd.GetKind(),
		"metadata": map[string]any{"name": crd.GetName()}, "spec": crd.Object["spec"]}}
}

// createOnceServed creates an object as soon as the API server serves its CRD, and the webhooks of its kind can be called.
func createOnceServed(t *testing.T, client *installation.Client, namespace, text string) {
	t.Helper()
	controlplane.Eventually(t, "the object is created", func(ctx context.Context) error {
		o := object(t, text)
		o.SetNamespace(namespace) // of no effect on what is in none
		_, err := client.Create(ctx, o)
		return err
	})
}

// wantContainers waits until pods for the SidecarSet have so many containers.
func wantContainers(t *testing.T, cluster *controlplane.ControlPlane, namespace string, want int) {
	t.Helper()
	controlplane.Eventually(t, fmt.Sprintf("pods have %d containers", want), func(ctx context.Context) error {
		pod, err := createPod(ctx, cluster, namespace, map[string]string{"e2e": "cold-start"})
		if err == nil && len(pod.Spec.Containers) != want {
			err = fmt.Errorf("containers %v", names(pod.Spec.Containers))
		}
		return err
	})
}
