package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestAdmissionNeedsNoElection: somebody else holds every Lease. The elected replica gives up what it was elected for and serves on; pods get
// their sidecars and protected objects stay, and a replica that starts meanwhile is ready. Then the Leases are deleted.
func TestAdmissionNeedsNoElection(t *testing.T) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed := installOn(t, cluster, "--narrow-pods")
	namespace := cluster.NamespaceForTest(t)
	sidecarSet(t, installed, namespace, "election", `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: e2e-election}
spec:
  selector: {matchLabels: {e2e: election}}
  containers: [{name: agent, image: "agent:1"}]
`)
	protected := create(t, installed, namespace, "apiVersion: v1\nkind: Service\nmetadata: {name: protected, labels: {policy.kruise.io/delete-protection: Always}}\nspec: {ports: [{port: 80}]}")
	decides := func(when string) {
		t.Helper()
		for range 10 { // both replicas are asked
			pod, err := createPod(t.Context(), cluster, namespace, map[string]string{"e2e": "election"})
			if err != nil || len(pod.Spec.Containers) != 2 {
				t.Fatalf("%s: error %v, containers %v, want the agent beside the app", when, err, names(pod.Spec.Containers))
			}
		}
		err := installed.Client.Delete(t.Context(), protected)
		wantRefused(t, err, "vservice.kb.io", "denied the request")
	}
	leading := func(want bool) func(context.Context) error {
		return func(ctx context.Context) error {
			leads := 0
			for _, replica := range installed.Replicas() {
				if text, err := scrape(ctx, replica); err != nil {
					return err
				} else if strings.Contains(text, "\nkruise_admission_audit_timestamp_seconds ") {
					leads++
				}
			}
			if (leads > 0) != want {
				return fmt.Errorf("%d replicas are elected", leads)
			}
			return nil
		}
	}
	controlplane.Eventually(t, "a replica is elected", leading(true))
	decides("with an elected replica")

	leases := cluster.Client().CoordinationV1().Leases(installation.Namespace)
	var all *coordinationv1.LeaseList
	controlplane.Eventually(t, "there are the Leases of the audit, of narrowing and of revisions", func(ctx context.Context) (err error) {
		if all, err = leases.List(ctx, metav1.ListOptions{}); err == nil && len(all.Items) < 3 {
			err = fmt.Errorf("%d Leases", len(all.Items))
		}
		return err
	})
	for _, lease := range all.Items {
		if _, err := controlplane.Change(t.Context(), leases, lease.Name, func(lease *coordinationv1.Lease) {
			holder, seconds, now := "somebody-else", int32(3600), metav1.NowMicro()
			lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.RenewTime = &holder, &seconds, &now
		}); err != nil {
			t.Fatal(err)
		}
	}
	decides("when the Leases were just taken")
	controlplane.Eventually(t, "no replica is elected", leading(false))
	decides("when the election was lost")

	if _, err := installed.StartReplica(t.Context()); err != nil {
		t.Fatalf("a replica that starts now: %v", err)
	}
	decides("when a replica has started that was never elected")
	for _, lease := range all.Items {
		if err := leases.Delete(t.Context(), lease.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	decides("when the Leases are gone")
	for _, replica := range installed.Replicas() {
		if err := replica.WaitReady(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// scrape reads the metrics of a replica.
func scrape(ctx context.Context, replica *installation.Replica) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, replica.MetricsURL(), nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
