package chart

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// What a release leaves in a cluster, and what is looked at there.

// wantPodsCreated fails the test unless pods are created in a namespace that the webhooks would cover.
func wantPodsCreated(t *testing.T, cluster *controlplane.ControlPlane) {
	t.Helper()
	covered := cluster.NamespaceForTest(t)
	// An API server takes a moment to notice that a configuration is gone.
	controlplane.Eventually(t, "pods are created", func(ctx context.Context) error {
		_, err := cluster.Client().CoreV1().Pods(covered).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
		}, metav1.CreateOptions{})
		return err
	})
}

// configurationsOf returns the webhook configurations that are there while the release is.
func configurationsOf(rendered []*unstructured.Unstructured) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(rendered), func(object *unstructured.Unstructured) bool {
		return !strings.HasSuffix(object.GetKind(), "WebhookConfiguration") || silent(object)
	})
}

// crdsOf returns the CRDs of the release that convert through the server.
func crdsOf(rendered []*unstructured.Unstructured) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(rendered), func(object *unstructured.Unstructured) bool {
		return object.GetKind() != "CustomResourceDefinition" || len(clientConfigs(object)) == 0
	})
}

// clientConfigs are the places by which the API server calls a webhook, by their JSON pointers.
func clientConfigs(object *unstructured.Unstructured) map[string]map[string]any {
	found := map[string]map[string]any{}
	if webhooks, is := object.Object["webhooks"].([]any); is {
		for i, webhook := range webhooks {
			found[fmt.Sprintf("/webhooks/%d/clientConfig", i)] = webhook.(map[string]any)["clientConfig"].(map[string]any)
		}
	}
	if config, is, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "conversion", "webhook", "clientConfig"); is {
		found["/spec/conversion/webhook/clientConfig"] = config.(map[string]any)
	}
	return found
}

// writeBundles writes the caBundle of every client configuration, as the server does: by a JSON patch of these fields.
func writeBundles(t *testing.T, client *installation.Client, object *unstructured.Unstructured, authority string) error {
	t.Helper()
	var operations []string
	for path := range clientConfigs(object) {
		operations = append(operations, fmt.Sprintf(`{"op":"add","path":"%s/caBundle","value":%q}`, path, authority))
	}
	if operations == nil {
		return fmt.Errorf("%s %s calls nobody", object.GetKind(), object.GetName())
	}
	resource, err := client.Resource(object)
	if err != nil {
		return err
	}
	_, err = resource.Patch(t.Context(), object.GetName(), types.JSONPatchType, []byte("["+strings.Join(operations, ",")+"]"), metav1.PatchOptions{FieldManager: "kruise-admission"})
	return err
}

// wantBundles fails the test unless every client configuration still has a caBundle.
func wantBundles(t *testing.T, client *installation.Client, object *unstructured.Unstructured) {
	t.Helper()
	stored, err := client.Get(t.Context(), object)
	if err != nil {
		t.Fatal(err)
	}
	for path, config := range clientConfigs(stored) {
		if config["caBundle"] == nil {
			t.Errorf("the upgrade has taken the caBundle out of %s %s%s", object.GetKind(), object.GetName(), path)
		}
	}
}

// wantUninstalled fails the test unless all objects of a release are gone or going, and the CRDs are not.
func wantUninstalled(t *testing.T, client *installation.Client, rendered []*unstructured.Unstructured) {
	t.Helper()
	for _, object := range rendered {
		_, err := client.Get(t.Context(), object)
		switch kept := object.GetKind() == "CustomResourceDefinition"; {
		case kept && err != nil:
			t.Errorf("%s %s is not kept: %v", object.GetKind(), object.GetName(), err)
		case !kept && !apierrors.IsNotFound(err) && !goingAway(t, client, object):
			t.Errorf("%s %s is still there: %v", object.GetKind(), object.GetName(), err)
		}
	}
}

// goingAway tells whether the object is being deleted, or was by the time of the question.
func goingAway(t *testing.T, client *installation.Client, object *unstructured.Unstructured) bool {
	t.Helper()
	stored, err := client.Get(t.Context(), object)
	return apierrors.IsNotFound(err) || err == nil && stored.GetDeletionTimestamp() != nil
}
