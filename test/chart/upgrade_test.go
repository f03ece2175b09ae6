package chart

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// previousChart is the chart as `helm package` made it before this one; a release replaces it.
var previousChart = filepath.Join("testdata", "previous.tgz")

// TestUpgradeFromThePreviousChart: what the user has set stays, and so does all that was installed, with what the server wrote into it; it is
// changed in place, never deleted and made again.
func TestUpgradeFromThePreviousChart(t *testing.T) {
	cluster, client := start(t)
	for name, set := range map[string]string{
		"defaults":           "replicas=3,webhooks.pods.timeoutSeconds=3",
		"certificates aside": "replicas=3,webhooks.pods.timeoutSeconds=3,certificates.mode=certManager,webhooks.pods.narrow=true,serviceAccount.name=other",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := helm(t.Context(), t, "template", release, previousChart, "--namespace", namespace, "--set", set, "--skip-tests")
			if err != nil {
				t.Fatal(err)
			}
			previous := parse(t, text)
			if _, err := helmIn(t.Context(), t, cluster, "install", release, previousChart, "--set", set); err != nil {
				t.Fatal(err)
			}
			uninstalled := false
			t.Cleanup(func() {
				if !uninstalled {
					_, _ = helmIn(context.Background(), t, cluster, "uninstall", release)
				}
			})
			calling := append(configurationsOf(previous), crdsOf(previous)...)
			for _, object := range calling {
				if err := writeBundles(t, client, object, base64.StdEncoding.EncodeToString(openKruiseCertificates(t, "authority")["ca-cert.pem"])); err != nil {
					t.Fatal(err)
				}
			}
			installed := map[string]types.UID{}
			for _, object := range previous {
				stored, err := client.Get(t.Context(), object)
				if err != nil {
					t.Fatal(err)
				}
				installed[object.GetKind()+" "+object.GetName()] = stored.GetUID()
			}
			if _, err := helmIn(t.Context(), t, cluster, "upgrade", release, chartDir(), "--reset-then-reuse-values"); err != nil {
				t.Fatal(err)
			}
			for _, object := range previous {
				stored, err := client.Get(t.Context(), object)
				if err != nil {
					t.Errorf("%s %s is gone: %v", object.GetKind(), object.GetName(), err)
				} else if stored.GetUID() != installed[object.GetKind()+" "+object.GetName()] {
					t.Errorf("%s %s was made again", object.GetKind(), object.GetName())
				}
			}
			for _, object := range calling {
				wantBundles(t, client, object)
			}
			stored, err := client.Get(t.Context(), find(previous, "Deployment", release))
			if err != nil {
				t.Fatal(err)
			}
			if replicas, _, err := unstructured.NestedInt64(stored.Object, "spec", "replicas"); replicas != 3 {
				t.Errorf("got %d replicas, want 3 as before: %v", replicas, err)
			}
			stored, err = client.Get(t.Context(), find(previous, "MutatingWebhookConfiguration", release))
			if err != nil {
				t.Fatal(err)
			}
			if timeout := *entry(t, []*unstructured.Unstructured{stored}, release, "mpod.kb.io").TimeoutSeconds; timeout != 3 {
				t.Errorf("got a timeout of %d s for pods, want 3 as before", timeout)
			}
			if _, err := helmIn(t.Context(), t, cluster, "uninstall", release); err != nil {
				t.Fatal(err)
			}
			uninstalled = true
			wantUninstalled(t, client, previous)
			wantPodsCreated(t, cluster)
		})
	}
}
