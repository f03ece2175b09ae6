package protection

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

// auditPolicy records the outcome of what the test does, and nothing of the objects.
const auditPolicy = `
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, verbs: [create, delete, deletecollection], resources: [{group: "", resources: [pods, services]}]}
- {level: None}
`

// TestAuditLog: what the server says for the audit log arrives there, under the name of the webhook: why a pod got its sidecars, why a delete
// was refused or would be, and who went past protection.
func TestAuditLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "audit.log")
	cluster := prepareOwn(t, controlplane.StartForTest(t, controlplane.Options{
		APIServerArgs: []string{"--audit-policy-file=" + writeFile(t, auditPolicy), "--audit-log-path=" + log, "--audit-log-mode=blocking"},
	}))
	install(t, cluster, `
apiVersion: config.kruise-admission.io/v1alpha1
kind: DeleteProtection
breakGlass: {groups: [oncall]}
namespaces: [{selector: {matchLabels: {trial: "yes"}}, mode: Audit}]
`)
	namespaceWith(t, cluster, "audited", nil)
	namespaceWith(t, cluster, "trial", map[string]string{"trial": "yes"})
	awaitProtection(t, cluster, "audited")
	user, oncall := as(t, cluster, "people"), as(t, cluster, "oncall")

	create(t, user, parse(`
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: audited}}
  containers: [{name: agent, image: "agent:1"}]
`))
	pods := cluster.Client().CoreV1().Pods("audited")
	controlplane.Eventually(t, "pods are injected", func(ctx context.Context) error {
		pod, err := pods.Create(ctx, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: map[string]string{"app": "audited"}},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "web:1"}}},
		}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err == nil && len(pod.Spec.Containers) < 2 {
			err = fmt.Errorf("%d container", len(pod.Spec.Containers))
		}
		return err
	})
	service := create(t, user, protected("v1", "Service", "audited", "kept", "Always", "{ports: [{port: 80}]}"))
	mustRefuse(t, user, service, always("Service", "kept"))
	mustGo(t, oncall, service)
	mustGo(t, user, create(t, user, protected("v1", "Service", "trial", "tried", "Always", "{ports: [{port: 80}]}")))

	for _, deletion := range []struct {
		by        *person
		namespace string
		services  map[string]string
	}{
		{user, "audited", map[string]string{"a": "Cascading", "b": "-", "c": "Always", "d": "Always"}},
		{oncall, "audited", map[string]string{"a": "Cascading"}}, // with what is left
		{user, "trial", map[string]string{"a": "Cascading", "b": "Always"}},
	} {
		for name, value := range deletion.services {
			create(t, user, protected("v1", "Service", deletion.namespace, name, value, "{ports: [{port: 80}]}"))
		}
		services := deletion.by.resource(t, protected("v1", "Service", deletion.namespace, "any", "-", ""))
		if err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
			t.Error(err)
		}
	}

	for _, want := range []struct {
		verb, name string
		code       int
		annotation string
		value      string
	}{
		{"create", "web", 201, "mpod.kb.io/sidecarsets", "agent"},
		{"delete", "kept", 403, "vservice.kb.io/delete-protection", "refused: " + always("Service", "kept")},
		{"delete", "kept", 200, "vservice.kb.io/delete-protection", `break-glass by group "oncall": ` + always("Service", "kept")},
		{"deletecollection", "", 200, "vservice.kb.io/delete-protection", "allowed: " + label + "=Cascading means nothing for kind Service"},
		{"deletecollection", "", 200, "vservice.kb.io/delete-protection-kept", "refused: " + always("Service", "c")},
		{"deletecollection", "", 200, "vservice.kb.io/delete-protection-break-glass", `break-glass by group "oncall": ` + always("Service", "c")},
		{"deletecollection", "", 200, "vservice.kb.io/delete-protection-audited", "audited: would be " + always("Service", "b")},
		{"delete", "tried", 200, "vservice.kb.io/delete-protection", "audited: would be " + always("Service", "tried")},
	} {
		controlplane.Eventually(t, fmt.Sprintf("%s of %s is in the audit log", want.verb, want.name), func(context.Context) error {
			var seen []map[string]string
			for _, event := range readAuditLog(t, log) {
				if event.Verb != want.verb || event.ObjectRef.Name != want.name || event.ResponseStatus.Code != want.code {
					continue
				}
				if event.Annotations[want.annotation] == want.value {
					return nil
				}
				seen = append(seen, event.Annotations)
			}
			return fmt.Errorf("want %s: %s, got %v", want.annotation, want.value, seen)
		})
	}
}

// auditEvent is what the test reads of an event of audit.k8s.io/v1.
type auditEvent struct {
	Verb           string
	ObjectRef      struct{ Name string }
	ResponseStatus struct{ Code int }
	Annotations    map[string]string
}

func readAuditLog(t *testing.T, path string) (events []auditEvent) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var event auditEvent
		if err := json.Unmarshal(lines.Bytes(), &event); err != nil {
			break // the API server is writing the line
		}
		events = append(events, event)
	}
	return events
}
