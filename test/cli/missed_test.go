package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/test/process"
)

// TestMissedInjection lets pods be created while no server runs and failurePolicy is Ignore. When one comes up, it counts them and writes
// Events, the command audit finds them, and those of a ReplicaSet are evicted, because the server was told so.
func TestMissedInjection(t *testing.T) {
	s := newOwnSite(t, "--audit-interval=5s", "--evict-missed=60", "--drain-delay=0s")
	rights, err := installation.Read(filepath.Join(installation.Root(), "deploy", "audit"))
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range rights {
		if _, err := s.installed.Client.Apply(t.Context(), object); err != nil {
			t.Fatal(err)
		}
	}
	namespace := s.NamespaceForTest(t)
	alone, replaced := s.create(t, "", named(agent, "alone")), s.create(t, "", named(agent, "replaced"))
	s.waitInjected(t, namespace, map[string]string{"cli": "alone"})
	controlplane.Eventually(t, "the SidecarSets are so old that every replica must know them", func(context.Context) error {
		if age := time.Since(replaced.GetCreationTimestamp().Time); age < 12*time.Second {
			return fmt.Errorf("they are %s old", age)
		}
		return nil
	})
	s.changePodWebhook(t, func(webhook *admissionregistrationv1.MutatingWebhook) {
		ignore := admissionregistrationv1.Ignore
		webhook.FailurePolicy = &ignore
	})
	if err := s.installed.Replicas()[0].Terminate(); err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the API server goes on without the server", func(ctx context.Context) error {
		_, err := s.Client().CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "lonely", Labels: map[string]string{"cli": "alone"}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "main:1"}}},
		}, metav1.CreateOptions{})
		return err
	})
	s.create(t, namespace, `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {cli: replaced}},
		template: {metadata: {labels: {cli: replaced}}, spec: {containers: [{name: main, image: "main:1"}]}}}}`)
	first := s.onlyPod(t, namespace, "replaced", func(pod *corev1.Pod) error { return nil })
	if len(first.Spec.Containers) != 1 {
		t.Fatalf("the pod has %v although no server runs", containers(first))
	}
	s.ask(t, "", "audit", "-n", namespace).has(t, 1, "missed", "Pod "+namespace+"/lonely", "Pod "+namespace+"/"+first.Name)

	replica, err := s.installed.StartReplica(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	controlplane.Eventually(t, "the pod that nobody replaces is counted", func(ctx context.Context) error {
		return metricSays(ctx, replica, fmt.Sprintf("kruise_admission_missed_pods{sidecarset=%q} 1\n", alone.GetName()))
	})
	controlplane.Eventually(t, "the pod has an Event", func(ctx context.Context) error {
		list, err := s.Client().EventsV1().Events(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, event := range list.Items {
			if event.Reason == "SidecarMissed" && event.Regarding.Name == "lonely" && strings.Contains(event.Note, alone.GetName()) {
				return nil
			}
		}
		return fmt.Errorf("none of %d Events", len(list.Items))
	})
	second := s.onlyPod(t, namespace, "replaced", func(pod *corev1.Pod) error {
		if pod.UID == first.UID {
			return errors.New("it is still the first one")
		}
		return nil
	})
	if len(second.Spec.Containers) != 2 {
		t.Errorf("the pod in its place has %v", containers(second))
	}
	controlplane.Eventually(t, "the eviction is counted", func(ctx context.Context) error {
		return metricSays(ctx, replica, `kruise_admission_missed_evictions_total{outcome="evicted"} 1`+"\n")
	})
	s.ask(t, "", "audit", "-n", namespace).has(t, 1, "1 finding,", "Pod "+namespace+"/lonely")
}

// newOwnSite is a cluster of the test's own, with one replica that has these flags.
func newOwnSite(t *testing.T, args ...string) *site {
	t.Helper()
	cluster := controlplane.StartForTest(t, controlplane.Options{})
	installed, err := installation.Install(t.Context(), cluster, installation.Options{Replicas: 1, Args: args})
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
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &site{ControlPlane: cluster, installed: installed, binary: binary}
}

// changePodWebhook changes the entry by which pods are injected.
func (s *site) changePodWebhook(t *testing.T, change func(*admissionregistrationv1.MutatingWebhook)) {
	t.Helper()
	s.changeMutating(t, func(configuration *admissionregistrationv1.MutatingWebhookConfiguration) {
		for i := range configuration.Webhooks {
			if configuration.Webhooks[i].Name == "mpod.kb.io" {
				change(&configuration.Webhooks[i])
			}
		}
	})
}

// changeMutating changes the MutatingWebhookConfiguration.
func (s *site) changeMutating(t *testing.T, change func(*admissionregistrationv1.MutatingWebhookConfiguration)) {
	t.Helper()
	if _, err := controlplane.Change(t.Context(), s.Client().AdmissionregistrationV1().MutatingWebhookConfigurations(), "kruise-admission", change); err != nil {
		t.Fatal(err)
	}
}

// changeValidating changes the ValidatingWebhookConfiguration.
func (s *site) changeValidating(t *testing.T, change func(*admissionregistrationv1.ValidatingWebhookConfiguration)) {
	t.Helper()
	if _, err := controlplane.Change(t.Context(), s.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations(), "kruise-admission", change); err != nil {
		t.Fatal(err)
	}
}

// onlyPod waits until there is exactly one pod with the label, which passes the check.
func (s *site) onlyPod(t *testing.T, namespace, label string, check func(*corev1.Pod) error) *corev1.Pod {
	t.Helper()
	var only *corev1.Pod
	controlplane.Eventually(t, "there is one pod of "+label, func(ctx context.Context) error {
		list, err := s.Client().CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "cli=" + label})
		if err != nil {
			return err
		}
		if len(list.Items) != 1 {
			return fmt.Errorf("there are %d", len(list.Items))
		}
		only = &list.Items[0]
		return check(only)
	})
	return only
}

// metricSays reports when the metrics of a replica lack a line.
func metricSays(ctx context.Context, replica *installation.Replica, line string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, replica.MetricsURL(), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && !strings.Contains(string(text), line) {
		err = fmt.Errorf("there is no line %q", line)
	}
	return err
}
