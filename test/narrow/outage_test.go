package narrow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/kruise-admission/kruise-admission/cluster/narrow"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
	"github.com/kruise-admission/kruise-admission/webhook"
)

func TestMain(m *testing.M) { os.Exit(controlplane.Run(m)) }

// TestR01NarrowByNeed: two replicas with --narrow-pods. Every pod that is created after a SidecarSet was reported active has its sidecar; then
// the replicas are killed, and only pods that a SidecarSet selects wait. A server without the option takes the condition away. With a second
// chance all of it holds for each of the calls.
func TestR01NarrowByNeed(t *testing.T) {
	t.Run("one call", func(t *testing.T) { narrowByNeed(t, false, "mpod.kb.io") })
	t.Run("with a second chance", func(t *testing.T) { narrowByNeed(t, true, "last-chance.mpod.kb.io") })
}

// narrowByNeed expects that the entry refuses the pods that wait.
func narrowByNeed(t *testing.T, secondChance bool, refusing string) {
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed, err := installation.Install(t.Context(), cluster, installation.Options{SecondChance: secondChance, Args: []string{"--narrow-pods"}})
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
	namespace := cluster.NamespaceForTest(t)
	controlplane.Eventually(t, "the condition is there", func(ctx context.Context) error { return conditionIs(ctx, cluster, true) })

	for _, app := range []string{"shop", "mail", "shop-2"} { // each is wider than what was there before
		if _, err := installed.Client.Create(t.Context(), sidecarSet(t, app)); err != nil {
			t.Fatal(err)
		}
		waitActive(t, cluster, app)
		for range 10 {
			pod, err := create(t.Context(), cluster, namespace, app)
			if err != nil {
				t.Fatal(err)
			}
			if len(pod.Spec.Containers) != 2 {
				t.Errorf("SidecarSet %s is reported active, but a pod has no sidecar", app)
			}
		}
	}

	// More than an API server should evaluate: it asks about all pods, and about fewer again when there are fewer.
	const many = 65
	for i := range many {
		if _, err := installed.Client.Create(t.Context(), sidecarSet(t, fmt.Sprintf("many-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	controlplane.Eventually(t, "all pods are sent", func(ctx context.Context) error { return conditionIs(ctx, cluster, false) })
	for i := range many {
		if err := installed.Client.Delete(t.Context(), sidecarSet(t, fmt.Sprintf("many-%d", i))); err != nil {
			t.Fatal(err)
		}
	}
	controlplane.Eventually(t, "the condition is back, without them", func(ctx context.Context) error {
		conditions, err := conditionsOf(ctx, cluster)
		if err == nil && (len(conditions) != 1 || strings.Contains(conditions[0].Expression, "many-")) {
			err = fmt.Errorf("conditions: %v", conditions)
		}
		return err
	})

	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	// The API server reads the condition by a watch, and may have been told of it just now.
	controlplane.Eventually(t, "a pod that no SidecarSet selects is created", func(ctx context.Context) error {
		_, err := create(ctx, cluster, namespace, "other")
		return err
	})
	if _, err := create(t.Context(), cluster, namespace, "mail"); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("failed calling webhook %q", refusing)) {
		t.Errorf("a pod that a SidecarSet selects: got %v, want that it waits for the server", err)
	}

	if _, err := installed.StartReplica(t.Context(), "--narrow-pods=false"); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the condition is taken away", func(ctx context.Context) error { return conditionIs(ctx, cluster, false) })
}

// waitActive waits for the Event about the SidecarSet.
func waitActive(t *testing.T, cluster *controlplane.ControlPlane, name string) {
	t.Helper()
	selector := fields.Set{"reason": narrow.ReasonActive, "regarding.name": name}.String()
	controlplane.Eventually(t, name+" is reported active", func(ctx context.Context) error {
		events, err := cluster.Client().EventsV1().Events(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{FieldSelector: selector})
		if err == nil && len(events.Items) == 0 { // a replica that is elected anew may say it again
			err = errors.New("no Event")
		}
		return err
	})
}

// sidecarSet is one for the pods of the app of its name.
func sidecarSet(t *testing.T, app string) *unstructured.Unstructured {
	t.Helper()
	object, err := installation.Parse(fmt.Sprintf(`
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: %[1]s}
spec:
  selector: {matchLabels: {app: %[1]s}}
  containers: [{name: agent, image: "agent:1"}]`, app))
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// conditionIs tells whether the entries for pods have our condition and nothing else, or an error.
func conditionIs(ctx context.Context, cluster *controlplane.ControlPlane, want bool) error {
	conditions, err := conditionsOf(ctx, cluster)
	if err != nil {
		return err
	}
	if got := len(conditions) == 1 && conditions[0].Name == narrow.ConditionName; got != want {
		return fmt.Errorf("conditions: %v", conditions)
	}
	return nil
}

// conditionsOf are those of the entries for pods, which must be the same but for what tells the calls of a second chance apart.
func conditionsOf(ctx context.Context, cluster *controlplane.ControlPlane) (all []registrationv1.MatchCondition, err error) {
	configurations, err := cluster.Client().AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	first := ""
	for _, configuration := range configurations.Items {
		for _, entry := range configuration.Webhooks {
			if !strings.HasSuffix(entry.Name, "mpod.kb.io") {
				continue
			}
			conditions, _, _ := webhook.WithoutSecondChance(entry.MatchConditions)
			if first == "" {
				first, all = entry.Name, conditions
			} else if !slices.Equal(all, conditions) {
				return nil, fmt.Errorf("%s has %v, and %s has %v", first, all, entry.Name, conditions)
			}
		}
	}
	if first == "" {
		return nil, errors.New("no entry for pods")
	}
	return all, nil
}

func create(ctx context.Context, cluster *controlplane.ControlPlane, namespace, app string) (*corev1.Pod, error) {
	return cluster.Client().CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pod-", Labels: map[string]string{"app": app}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "app:1"}}},
	}, metav1.CreateOptions{})
}
