package chart

import (
	"strconv"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// watchRemovals watches what is named like the release. The function that it returns waits for the first deletion of a kind and
// returns its resource version: these count on through all kinds, because they are kept in one etcd.
func watchRemovals(t *testing.T, cluster *controlplane.ControlPlane) func(kind string) uint64 {
	t.Helper()
	options := metav1.ListOptions{FieldSelector: "metadata.name=" + release}
	watches := map[string]watch.Interface{}
	var err error
	begin := func(kind string, start func() (watch.Interface, error)) {
		if watches[kind], err = start(); err != nil {
			t.Fatal(kind, err)
		}
		t.Cleanup(watches[kind].Stop)
	}
	registration := cluster.Client().AdmissionregistrationV1()
	begin("MutatingWebhookConfiguration", func() (watch.Interface, error) {
		return registration.MutatingWebhookConfigurations().Watch(t.Context(), options)
	})
	begin("ValidatingWebhookConfiguration", func() (watch.Interface, error) {
		return registration.ValidatingWebhookConfigurations().Watch(t.Context(), options)
	})
	begin("Deployment", func() (watch.Interface, error) {
		return cluster.Client().AppsV1().Deployments(namespace).Watch(t.Context(), options)
	})
	return func(kind string) uint64 {
		t.Helper()
		expired := time.After(3 * time.Minute)
		for {
			select {
			case event, open := <-watches[kind].ResultChan():
				if !open {
					t.Fatalf("the watch of %s has ended", kind)
				}
				if event.Type != watch.Deleted {
					continue
				}
				object, err := meta.Accessor(event.Object)
				if err != nil {
					t.Fatal(err)
				}
				version, err := strconv.ParseUint(object.GetResourceVersion(), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				return version
			case <-expired:
				t.Fatalf("no %s was deleted within three minutes", kind)
			}
		}
	}
}
