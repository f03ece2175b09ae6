package protection

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/programs"
)

// TestCollectionsAsUsersMeetThem: what the API server answers to whoever deletes a collection.
func TestCollectionsAsUsersMeetThem(t *testing.T) {
	cluster := prepare(t)
	install(t, cluster, collectionConfiguration)
	namespaceWith(t, cluster, "collections-met", nil)
	awaitProtection(t, cluster, "collections-met")
	awaitConfigured(t, cluster, "collections-met")
	user := as(t, cluster, "people")
	configMap := func(namespace, name, value string) *unstructured.Unstructured {
		return protected("v1", "ConfigMap", namespace, name, value, "")
	}

	t.Run("kubectl prints what is kept", func(t *testing.T) {
		namespaceWith(t, cluster, "collection-kubectl", nil)
		kept := create(t, user, configMap("collection-kubectl", "kept", "Always"))
		gone := create(t, user, configMap("collection-kubectl", "unprotected", "-"))
		kubectl, err := programs.Kubectl()
		if err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig="+cluster.Kubeconfig(), "--cache-dir="+t.TempDir(),
			"delete", "--raw", "/api/v1/namespaces/collection-kubectl/configmaps").CombinedOutput()
		if want := `Warning: ConfigMap "kept" is kept: ` + always("ConfigMap", "kept"); err != nil || !strings.Contains(string(output), want) {
			t.Errorf("got %v, %s\nwant %s", err, output, want)
		}
		checkKept(t, user, []member{{kept, "yes"}, {gone, ""}})
	})

	t.Run("more is kept than warnings have room for", func(t *testing.T) {
		namespaceWith(t, cluster, "collection-crowd", nil)
		var all []member
		for i := range 50 {
			all = append(all,
				member{create(t, user, configMap("collection-crowd", fmt.Sprintf("%02d-kept", i), "Always")), "yes"},
				member{create(t, user, configMap("collection-crowd", fmt.Sprintf("%02d-unprotected", i), "-")), ""})
		}
		client, err := kubernetes.NewForConfig(cluster.RESTConfig())
		if err != nil {
			t.Fatal(err)
		}
		var code int
		result := client.CoreV1().RESTClient().Delete().Namespace("collection-crowd").Resource("configmaps").Do(t.Context()).StatusCode(&code)
		if err := result.Error(); err != nil || code != http.StatusOK {
			t.Errorf("got %d, %v", code, err)
		}
		if first := result.Warnings(); len(first) < 15 || !strings.HasPrefix(first[0].Text, `ConfigMap "00-kept" is kept: `) {
			t.Errorf("%d warnings: %v", len(first), first)
		}
		var answer corev1.ConfigMapList
		if err := result.Into(&answer); err != nil || len(answer.Items) < len(all) {
			t.Errorf("the answer lists %d of %d, %v", len(answer.Items), len(all), err)
		}
		checkKept(t, user, all)
	})

	t.Run("definitions, by a selector", func(t *testing.T) {
		var all []member
		for i, value := range []string{"Always", "-", "Always"} {
			o := anyContent(fmt.Sprintf("c%d.collection.example.com", i), "tables", "Table")
			o.SetLabels(map[string]string{"collection": "definitions"})
			kept := ""
			if value != "-" {
				o.SetLabels(map[string]string{"collection": "definitions", label: value})
				kept = always("CustomResourceDefinition", o.GetName())
			}
			create(t, user, o)
			all = append(all, member{o, kept})
		}
		deleting := as(t, cluster, "people")
		if err := deleting.resource(t, all[0].object).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "collection=definitions"}); err != nil {
			t.Errorf("got %v", err)
		}
		checkWarnings(t, deleting, all)
		awaitGone(t, user, all[1].object)
		checkKept(t, user, all)
	})

	// Nobody has given the server the right to look for objects of this definition.
	t.Run("what cannot be told stops it", func(t *testing.T) {
		o := anyContent("undecided.collection.example.com", "tables", "Table")
		o.SetLabels(map[string]string{"collection": "undecided", label: "Cascading"})
		create(t, user, o)
		err := user.resource(t, o).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "collection=undecided"})
		if !apierrors.IsInternalError(err) || !strings.Contains(err.Error(), "cannot decide: look for objects of CustomResourceDefinition") {
			t.Errorf("got %v", err)
		}
		checkKept(t, user, []member{{o, "yes"}})
	})

	t.Run("break-glass takes all of it", func(t *testing.T) {
		namespaceWith(t, cluster, "collection-glass", nil)
		all := []member{
			{create(t, user, configMap("collection-glass", "a", "Always")), ""}, {create(t, user, configMap("collection-glass", "b", "-")), ""},
		}
		oncall := as(t, cluster, "oncall")
		if err := oncall.resource(t, all[0].object).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
			t.Errorf("got %v", err)
		}
		checkWarnings(t, oncall, nil)
		checkKept(t, user, all)
	})
}

// TestCollectionsUnderTheTwin: policies can say Forbidden and not that an object is to be passed over, so with them the API server stops at
// the first object that they keep. No protected object goes, and who leaves those out has exactly the others deleted.
func TestCollectionsUnderTheTwin(t *testing.T) {
	cluster := prepare(t)
	installed := install(t, cluster, "")
	namespaceWith(t, cluster, "collection-twin", nil)
	awaitProtection(t, cluster, "collection-twin")
	applyTwin(t, cluster, generate(t, "policies", writeFile(t, lifecycleConfiguration)))
	user := as(t, cluster, "people")
	service := func(name, value string) *unstructured.Unstructured {
		return protected("v1", "Service", "collection-twin", name, value, "{ports: [{port: 80}]}")
	}
	canary := service("canary", "Always")
	controlplane.Eventually(t, "the policies are in force", func(context.Context) error {
		if err := user.tryDelete(t, canary); err == nil || !strings.Contains(err.Error(), "ValidatingAdmissionPolicy") {
			return fmt.Errorf("got %w", err)
		}
		return nil
	})
	before, kept, after := create(t, user, service("a", "-")), create(t, user, service("b", "Always")), create(t, user, service("c", "-"))
	services := user.resource(t, canary)

	err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), always("Service", "b")) {
		t.Errorf("got %v", err)
	}
	checkKept(t, user, []member{{before, ""}, {kept, "yes"}, {canary, "yes"}, {after, "yes"}})
	unprotected := metav1.ListOptions{LabelSelector: "!" + label}
	if err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, unprotected); err != nil {
		t.Errorf("got %v", err)
	}
	checkKept(t, user, []member{{kept, "yes"}, {canary, "yes"}, {after, ""}})

	for _, replica := range installed.Replicas() {
		replica.Kill()
	}
	alone := create(t, user, service("d", "-"))
	if err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("with the server stopped: %v", err)
	}
	if err := services.DeleteCollection(t.Context(), metav1.DeleteOptions{}, unprotected); err != nil {
		t.Errorf("with the server stopped: %v", err)
	}
	checkKept(t, user, []member{{kept, "yes"}, {canary, "yes"}, {alone, ""}})
}
