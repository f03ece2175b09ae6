package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const agent = `
apiVersion: apps.kruise.io/v1beta1
kind: SidecarSet
metadata: {name: NAME}
spec:
  selector: {matchLabels: {cli: NAME}}
  containers: [{name: agent, image: "agent:1", volumeMounts: [{name: spool, mountPath: /spool}]}]
  volumes: [{name: spool, emptyDir: {}}]
`

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {cli: NAME}}
spec: {containers: [{name: main, image: "main:1"}]}
`

func named(text, name string) string { return strings.ReplaceAll(text, "NAME", name) }

// TestInject: what the command prints is what the API server makes of a pod by calling the server.
func TestInject(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	s.create(t, "", named(agent, "inject"))
	want := s.waitInjected(t, namespace, map[string]string{"cli": "inject"})

	got := s.ask(t, named(pod, "inject"), "inject", "-f", "-", "-n", namespace)
	got.has(t, 0)
	var printed corev1.Pod
	if err := yaml.Unmarshal([]byte(got.stdout), &printed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(containers(want), containers(&printed)); diff != "" {
		t.Errorf("containers (-API server +command):\n%s", diff)
	}
	if want, got := want.Annotations["kruise.io/sidecarset-injected-list"], printed.Annotations["kruise.io/sidecarset-injected-list"]; got != want {
		t.Errorf("list of SidecarSets is %q, want %q", got, want)
	}
}

func containers(pod *corev1.Pod) (all []string) {
	for _, c := range pod.Spec.Containers {
		all = append(all, c.Name+" "+c.Image)
	}
	return all
}

// TestExplain asks why pods of the cluster have a sidecar or not.
func TestExplain(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	s.create(t, namespace, named(pod, "explain"))
	s.create(t, "", named(agent, "explain"))
	s.waitInjected(t, namespace, map[string]string{"cli": "explain"})
	late := strings.Replace(named(pod, "explain"), "name: explain", "name: late", 1)
	s.create(t, namespace, late)

	type explanation struct {
		Result      string
		Asked       bool
		Webhooks    []struct{ Configuration, Webhook, Sends, Why string }
		SidecarSets []struct {
			Name, Clause, Detail string
			Applies, Recorded    bool
			Adds                 struct{ Containers, Volumes []string }
		}
	}
	explain := func(t *testing.T, stdin string, args ...string) explanation {
		t.Helper()
		got := s.ask(t, stdin, append([]string{"explain", "-o", "json", "-n", namespace}, args...)...)
		got.has(t, 0)
		var all []explanation
		if err := json.Unmarshal([]byte(got.stdout), &all); err != nil || len(all) != 1 {
			t.Fatalf("%v: %s", err, got.stdout)
		}
		return all[0]
	}
	t.Run("a pod that is older than the SidecarSet", func(t *testing.T) {
		got := explain(t, "", "explain")
		set := got.SidecarSets[0]
		if !set.Applies || set.Recorded || len(set.Adds.Containers) != 1 || len(set.Adds.Volumes) != 1 {
			t.Errorf("got %+v", set)
		}
		if !got.Asked || len(got.Webhooks) != 1 || got.Webhooks[0].Webhook != "mpod.kb.io" || got.Webhooks[0].Sends != "yes" {
			t.Errorf("webhooks: %+v", got.Webhooks)
		}
	})
	t.Run("a pod that has the sidecar", func(t *testing.T) {
		got := explain(t, "", "pod/late")
		if set := got.SidecarSets[0]; !set.Applies || !set.Recorded || len(set.Adds.Containers) != 0 || got.Result != "unchanged" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a namespace that webhooks leave out", func(t *testing.T) {
		got := explain(t, strings.Replace(named(pod, "explain"), "metadata: {", "metadata: {namespace: kube-system, ", 1), "-f", "-")
		if got.Asked || len(got.Webhooks) != 1 || got.Webhooks[0].Sends != "no" || !strings.Contains(got.Webhooks[0].Why, "namespaceSelector") {
			t.Errorf("webhooks: %+v", got.Webhooks)
		}
	})
	t.Run("a namespace that does not exist", func(t *testing.T) {
		got := explain(t, strings.Replace(named(pod, "explain"), "metadata: {", "metadata: {namespace: nowhere, ", 1), "-f", "-")
		if len(got.Webhooks) != 1 || got.Webhooks[0].Sends != "no" || !strings.Contains(got.Webhooks[0].Why, "does not exist") {
			t.Errorf("webhooks: %+v", got.Webhooks)
		}
	})
	t.Run("the table", func(t *testing.T) {
		s.ask(t, "", "explain", "late", "-n", namespace).has(t, 0, "WEBHOOK", "SIDECARSET", "explain", "matched", "Result: unchanged")
	})
	t.Run("a pod that does not exist", func(t *testing.T) {
		s.ask(t, "", "explain", "nowhere", "-n", namespace).has(t, 3, `pods "nowhere" not found`)
	})
	t.Run("a user without rights", func(t *testing.T) {
		got := s.askAs(t, s.nobody(t), named(pod, "explain"), "explain", "-f", "-", "-n", namespace)
		got.has(t, 3, "forbidden")
		if lines := strings.Count(got.stderr, "error: "); lines != 1 {
			t.Errorf("%d errors, want one", lines)
		}
	})
}

// TestValidate: with --server the cluster finds in a pod template what the built-in rules do not look for.
func TestValidate(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	cloneSet := `
apiVersion: apps.kruise.io/v1beta1
kind: CloneSet
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      securityContext: {sysctls: [{name: "no sysctl!", value: "1"}]}
      containers: [{name: main, image: "main:1"}]
`
	s.ask(t, cloneSet, "validate", "-f", "-").has(t, 0, "fine", "short list")
	s.ask(t, cloneSet, "validate", "-f", "-", "-n", namespace, "--server").has(t, 1, "refused", "sysctls[0].name")
	good := strings.Replace(cloneSet, "no sysctl!", "kernel.shm_rmid_forced", 1)
	s.ask(t, good, "validate", "-f", "-", "-n", namespace, "--server").has(t, 0, "fine")
	got := s.askAs(t, s.nobody(t), good, "validate", "-f", "-", "-n", namespace, "--server")
	got.has(t, 3, "forbidden")
}

// TestCanDelete asks about protected objects, and what is below them.
func TestCanDelete(t *testing.T) {
	s := newSite(t)
	namespace := s.NamespaceForTest(t)
	label := "labels: {policy.kruise.io/delete-protection: Cascading}"
	s.create(t, namespace, `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, `+label+`}, spec: {replicas: 0,
		selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "c:1"}]}}}}`)
	s.create(t, namespace, `{apiVersion: apps.kruise.io/v1beta1, kind: CloneSet, metadata: {name: clones, `+label+`}, spec: {replicas: 2,
		selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: "c:1"}]}}}}`)
	s.ask(t, "", "can-delete", "deployment/web", "-n", namespace).has(t, 0, "fine", "spec.replicas is 0")
	s.ask(t, "", "can-delete", "cloneset/clones", "-n", namespace).has(t, 1, "refused", "replicas 2>0")
	s.ask(t, "", "can-delete", "svc/nowhere", "-n", namespace).has(t, 3, "not found")
	config := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(config, []byte(`{apiVersion: config.kruise-admission.io/v1alpha1, kind: DeleteProtection, rules: [{
		resources: [{group: db.example.com, resource: databases, kind: Database, versions: [v1]}], cascading: {none: {}}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.ask(t, "", "can-delete", "database/x", "-n", namespace, "--config", config).has(t, 2, "databases.db.example.com")

	cascading, err := s.CreateNamespace(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "cascading-", Labels: map[string]string{"policy.kruise.io/delete-protection": "Cascading"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s.ask(t, "", "can-delete", "ns/"+cascading.Name).has(t, 0, "fine")
	s.create(t, cascading.Name, named(pod, "below"))
	s.ask(t, "", "can-delete", "ns/"+cascading.Name).has(t, 1, "refused", "active pods 1>0", `"below"`)
	s.create(t, cascading.Name, `{apiVersion: v1, kind: Service, metadata: {name: inside, labels: {policy.kruise.io/delete-protection: Always}}, spec: {ports: [{port: 80}]}}`)
	s.ask(t, "", "can-delete", "ns/"+cascading.Name).has(t, 1, "Protected objects in the namespace", "refused  Service "+cascading.Name+"/inside")
	s.askAs(t, s.nobody(t), "", "can-delete", "ns/"+cascading.Name).has(t, 3, "forbidden")
}

// TestPlugin runs the binary under the name by which kubectl finds it.
func TestPlugin(t *testing.T) {
	s := newSite(t)
	link := filepath.Join(t.TempDir(), "kubectl-kruise_admission")
	if err := os.Symlink(s.binary, link); err != nil {
		t.Fatal(err)
	}
	plugin := *s
	plugin.binary = link
	plugin.ask(t, "", "explain", "--help").has(t, 0, "kubectl kruise-admission explain (POD | -f FILE)")
}
