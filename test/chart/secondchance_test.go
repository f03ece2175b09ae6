package chart

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/webhook"
)

const secondName = release + webhook.SecondChanceSuffix

// podEntries are the entries of a configuration that are for new pods.
func podEntries(t *testing.T, objects []*unstructured.Unstructured, name string) (entries []admissionregistrationv1.MutatingWebhook) {
	t.Helper()
	object := find(objects, "MutatingWebhookConfiguration", name)
	if object == nil {
		return nil
	}
	configuration := &admissionregistrationv1.MutatingWebhookConfiguration{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, configuration); err != nil {
		t.Fatal(err)
	}
	for _, entry := range configuration.Webhooks {
		if strings.HasSuffix(entry.Name, "mpod.kb.io") {
			entries = append(entries, entry)
		}
	}
	return entries
}

// TestSecondChanceIsTheServers: the chart splits the entry for pods as the server's own generator does, whatever other values say of it, and
// leaves the lenient one alone.
func TestSecondChanceIsTheServers(t *testing.T) {
	for name, values := range map[string]string{
		"defaults":           "",
		"strict namespaces":  "webhooks.pods.strictNamespaceLabel=example.com/strict",
		"a short timeout":    "webhooks.pods.timeoutSeconds=1",
		"a condition":        "webhooks.pods.matchConditions[0].name=a,webhooks.pods.matchConditions[0].expression=1 == 1",
		"values of an entry": `webhooks.entries.mpod\.kb\.io.reinvocationPolicy=IfNeeded,webhooks.entries.mpod\.kb\.io.timeoutSeconds=7`,
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"--set", "replicas=2"}
			if values != "" {
				args = append(args, "--set", values)
			}
			usual := podEntries(t, render(t, args...), release)
			strict := &admissionregistrationv1.MutatingWebhookConfiguration{Webhooks: usual[len(usual)-1:]} // behind the lenient one
			second, err := webhook.SecondChance(strict)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Concat(usual[:len(usual)-1], strict.Webhooks)
			objects := render(t, append(args, "--set", "webhooks.pods.secondChance=true")...)
			if diff := cmp.Diff(want, podEntries(t, objects, release)); diff != "" {
				t.Errorf("first configuration (-server +chart):\n%s", diff)
			}
			if diff := cmp.Diff(second.Webhooks, podEntries(t, objects, secondName)); diff != "" {
				t.Errorf("second configuration (-server +chart):\n%s", diff)
			}
		})
	}
}

// TestSecondChanceIsInstalledWhole: the flag and the right that go with the third configuration, the mark for the cainjector, its values by
// name, and its removal before the pods.
func TestSecondChanceIsInstalledWhole(t *testing.T) {
	objects := render(t, "--set", "webhooks.pods.secondChance=true,certificates.mode=certManager",
		"--set", `webhooks.entries.last-chance\.mpod\.kb\.io.timeoutSeconds=9`)
	names := release + "," + secondName
	if args := deployment(t, objects).Spec.Template.Spec.Containers[0].Args; !strings.Contains(strings.Join(args, " "), "--webhook-configuration="+names) {
		t.Errorf("the server is not told the names: %v", args)
	}
	second := find(objects, "MutatingWebhookConfiguration", secondName)
	if second == nil {
		t.Fatal("there is no second configuration")
	}
	if second.GetAnnotations()["cert-manager.io/inject-ca-from"] == "" {
		t.Error("the second configuration is not marked for the cainjector")
	}
	if last := podEntries(t, objects, secondName)[1]; *last.TimeoutSeconds != 9 {
		t.Errorf("the last call waits %d s, want what the values say", *last.TimeoutSeconds)
	}
	removed := map[string]bool{}
	for _, object := range objects {
		if hook(object) == "pre-delete" {
			removed[object.GetKind()+" "+object.GetName()] = true
		}
	}
	if !removed["MutatingWebhookConfiguration "+release] || !removed["MutatingWebhookConfiguration "+secondName] {
		t.Errorf("before the pods are deleted these are: %v", removed)
	}
	allowed := false
	rules, _, _ := unstructured.NestedSlice(find(objects, "ClusterRole", release).Object, "rules")
	for _, rule := range rules {
		names, _, _ := unstructured.NestedStringSlice(rule.(map[string]any), "resourceNames")
		allowed = allowed || cmp.Equal(names, []string{release, secondName})
	}
	if !allowed {
		t.Error("the role does not name both configurations")
	}
}
