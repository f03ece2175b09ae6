package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kruise-admission/kruise-admission/test/controlplane"
	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestDoctor breaks an installation on purpose, in one way after the other, and lets the command say what is wrong.
func TestDoctor(t *testing.T) {
	s := newOwnSite(t, "--drain-delay=0s")
	d := &patient{site: s, namespace: s.NamespaceForTest(t)}

	t.Run("an installation that works", func(t *testing.T) {
		got := s.ask(t, "", "doctor", "-n", d.namespace)
		got.has(t, 0, "the API server called the server", "the API server converts", "there is no SidecarSet to try")
	})
	s.create(t, "", named(agent, "doctor"))
	s.waitInjected(t, d.namespace, map[string]string{"cli": "doctor"})
	d.says(t, "pods", "ok", "comes back with SidecarSet doctor")

	t.Run("a user without rights", func(t *testing.T) {
		s.askAs(t, s.nobody(t), "", "doctor", "-n", d.namespace).has(t, 3, "unknown", "forbidden")
	})
	d.run(t, "a namespace that does not exist", func(t *testing.T) {
		s.ask(t, "", "doctor", "-n", "nowhere").has(t, 3, "namespace nowhere: it does not exist")
	})
	d.run(t, "a namespaceSelector leaves the namespace out", func(t *testing.T) {
		d.change(t, func(e *entry) {
			*e.namespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "blue"}}
		})
		d.says(t, "pods", "wrong", "pods of namespace "+d.namespace+" are not sent", `namespaceSelector wants "team=blue"`)
		d.says(t, "call", "ok") // SidecarSets are in no namespace
	})
	d.run(t, "matchConditions keep the pod away", func(t *testing.T) {
		s.changePodWebhook(t, func(webhook *admissionregistrationv1.MutatingWebhook) {
			webhook.MatchConditions = []admissionregistrationv1.MatchCondition{{Name: "never", Expression: "false"}}
		})
		d.says(t, "pods", "wrong", "comes back without SidecarSet doctor, though nothing failed")
	})
	d.run(t, "no configuration", func(t *testing.T) {
		configurations := s.Client().AdmissionregistrationV1()
		if err := configurations.MutatingWebhookConfigurations().Delete(t.Context(), "kruise-admission", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := configurations.ValidatingWebhookConfigurations().Delete(t.Context(), "kruise-admission", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		d.says(t, "configurations", "wrong", "there is no MutatingWebhookConfiguration kruise-admission and no Validating")
		d.says(t, "call", "wrong", "the server was not asked", "there is no entry vsidecarset.kb.io")
		d.says(t, "pods", "wrong", "no webhook configuration sends pods")
	})
	d.run(t, "the entry that is tried is left out", func(t *testing.T) {
		s.changeValidating(t, func(configuration *admissionregistrationv1.ValidatingWebhookConfiguration) {
			configuration.Webhooks = slices.DeleteFunc(configuration.Webhooks, func(w admissionregistrationv1.ValidatingWebhook) bool { return w.Name == "vsidecarset.kb.io" })
		})
		d.says(t, "configurations", "ok", "left out: ", "vsidecarset.kb.io")
		d.says(t, "call", "unknown", "vsidecarset.kb.io is left out")
		d.says(t, "pods", "ok")
	})
	d.run(t, "the name of another Service", func(t *testing.T) {
		d.change(t, func(e *entry) { e.client.Service.Name = "nowhere" })
		d.says(t, "configurations", "wrong", "entries that call another Service", "calls kruise-admission/nowhere")
		d.says(t, "call", "wrong", "the Service that the configuration names does not exist")
	})
	d.run(t, "a path that nobody serves", func(t *testing.T) {
		d.change(t, func(e *entry) {
			path := "/mutate"
			e.client.Service.Path = &path
		})
		d.says(t, "configurations", "wrong", "does not serve", `calls "/mutate"`)
		d.says(t, "call", "wrong", "answers 404", "path in the configuration is not served")
	})
	d.run(t, "the rights are gone", func(t *testing.T) {
		bindings := s.Client().RbacV1().ClusterRoleBindings()
		binding, err := bindings.Get(t.Context(), "kruise-admission", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := bindings.Delete(t.Context(), binding.Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		defer func() {
			binding.ResourceVersion = ""
			if _, err := bindings.Create(context.Background(), binding, metav1.CreateOptions{}); err != nil {
				t.Error(err)
			}
		}()
		d.says(t, "rights", "wrong", "system:serviceaccount:kruise-admission:kruise-admission may not: list sidecarsets.apps.kruise.io")
	})
	d.run(t, "the port of nobody", func(t *testing.T) {
		port := controlplane.PortForTest(t, "127.0.0.1") // on which nobody listens
		d.change(t, func(e *entry) { e.client.Service.Port = &port })
		d.says(t, "call", "wrong", "nothing listens where the Service leads")
	})
	d.run(t, "no replica is ready", func(t *testing.T) {
		d.changeService(t, `{"spec":{"type":"ClusterIP","externalName":null,"selector":{"app":"none"},"ports":[{"name":"https","port":443,"targetPort":9443}]}}`)
		defer d.changeService(t, `{"spec":{"type":"ExternalName","externalName":"localhost","clusterIP":null,"clusterIPs":null,"selector":null,"ports":null}}`)
		d.says(t, "service", "wrong", "no replica behind Service", "there is no pod with the labels app=none")
		port := int32(444) // another than that of the connections that are open
		d.change(t, func(e *entry) { e.client.Service.Port = &port })
		d.says(t, "call", "wrong", "the configuration names a port that the Service does not have")
	})

	// From here on a server of the test stands in the place of the replica, which would mend what is broken.
	if err := s.installed.Replicas()[0].Terminate(); err != nil {
		t.Fatal(err)
	}
	ours, foreign := newAuthority(t), newAuthority(t)
	const name = "kruise-admission-webhook.kruise-admission.svc"
	d.run(t, "a caBundle of another authority", func(t *testing.T) {
		d.stand(t, serveTLS(t, foreign.certificate(t, name, time.Hour), http.NotFoundHandler()), nil)
		d.says(t, "call", "wrong", "the caBundle of the configuration is of another authority")
		d.change(t, func(e *entry) { e.client.CABundle = ours.bundle })
		d.says(t, "authority", "wrong", "of another authority than the server's (Secret kruise-admission/kruise-admission-ca)")
	})
	d.run(t, "a caBundle that is empty", func(t *testing.T) {
		d.change(t, func(e *entry) { e.client.CABundle = nil })
		d.says(t, "configurations", "wrong", "entries without a caBundle")
	})
	d.run(t, "a certificate that has expired", func(t *testing.T) {
		d.stand(t, serveTLS(t, ours.certificate(t, name, -time.Hour), http.NotFoundHandler()), ours.bundle)
		d.says(t, "call", "wrong", "has expired or is not valid yet")
	})
	d.run(t, "a certificate for another name", func(t *testing.T) {
		d.stand(t, serveTLS(t, ours.certificate(t, "webhook.example.com", time.Hour), http.NotFoundHandler()), ours.bundle)
		d.says(t, "call", "wrong", "the certificate that is served is for other names")
	})
	d.run(t, "a server that cannot decide", func(t *testing.T) {
		d.stand(t, serveTLS(t, ours.certificate(t, name, time.Hour), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "the view is not complete", http.StatusServiceUnavailable)
		})), ours.bundle)
		d.says(t, "call", "wrong", "cannot decide yet (503)")
	})
	d.run(t, "another program that speaks no admission", func(t *testing.T) {
		d.stand(t, serveTLS(t, ours.certificate(t, name, time.Hour), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"apiVersion":"v1","kind":"Status"}`))
		})), ours.bundle)
		d.says(t, "call", "wrong", "the API server cannot call the server")
	})
	d.run(t, "another program that speaks no TLS", func(t *testing.T) {
		plain := httptest.NewServer(http.NotFoundHandler())
		defer plain.Close()
		d.stand(t, plain, nil)
		d.says(t, "call", "wrong", "something that does not speak TLS")
	})
	d.run(t, "an answer that never comes", func(t *testing.T) {
		forever := make(chan struct{})
		d.stand(t, serveTLS(t, ours.certificate(t, name, time.Hour), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-forever:
			case <-r.Context().Done():
			}
		})), ours.bundle)
		d.change(t, func(e *entry) {
			second := int32(1)
			*e.timeout = &second
		})
		d.says(t, "call", "wrong", "no answer comes in time")
		close(forever)
	})
	d.run(t, "no replica, which failurePolicy Ignore hides", func(t *testing.T) {
		d.change(t, func(e *entry) {
			ignore := admissionregistrationv1.Ignore
			*e.failurePolicy = &ignore
		})
		d.says(t, "call", "wrong", "was not: the server was not asked, and failurePolicy Ignore hides it", "no replica is ready")
		d.says(t, "pods", "wrong", "comes back without SidecarSet doctor, and failurePolicy Ignore hides it")
		d.says(t, "conversion", "wrong", "the API server cannot convert")
		crds := dynamic.NewForConfigOrDie(d.RESTConfig()).Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
		_, err := crds.Patch(t.Context(), "sidecarsets.apps.kruise.io", types.MergePatchType, []byte(`{"status":{"storedVersions":["v1alpha1","v1beta1"]}}`), metav1.PatchOptions{}, "status")
		if err != nil {
			t.Fatal(err)
		}
		d.says(t, "conversion", "wrong", "nothing can be listed until then", "names: sidecarsets.apps.kruise.io (v1alpha1)")
	})
	d.run(t, "no CRDs", func(t *testing.T) {
		crds, err := installation.Read(installation.Root() + "/deploy/crds/apps.kruise.io_sidecarsets.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.installed.Client.Delete(t.Context(), crds[0]); err != nil {
			t.Fatal(err)
		}
		d.says(t, "crds", "wrong", "CRDs that do not exist: sidecarsets.apps.kruise.io")
		d.says(t, "call", "unknown", "does not know SidecarSets")
	})
}

// patient is an installation that is broken on purpose, and mended afterwards.
type patient struct {
	*site
	namespace string
}

// run runs a test and gives the configurations back what they were.
func (d *patient) run(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	configurations := d.Client().AdmissionregistrationV1()
	mutating, err := configurations.MutatingWebhookConfigurations().Get(t.Context(), "kruise-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	validating, err := configurations.ValidatingWebhookConfigurations().Get(t.Context(), "kruise-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Run(name, test)
	ctx := context.Background()
	for _, err := range []error{
		configurations.MutatingWebhookConfigurations().Delete(ctx, mutating.Name, metav1.DeleteOptions{}),
		configurations.ValidatingWebhookConfigurations().Delete(ctx, validating.Name, metav1.DeleteOptions{}),
	} {
		if err != nil && !strings.Contains(err.Error(), "not found") {
			t.Fatal(err)
		}
	}
	mutating.ResourceVersion, validating.ResourceVersion = "", ""
	if _, err := configurations.MutatingWebhookConfigurations().Create(ctx, mutating, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := configurations.ValidatingWebhookConfigurations().Create(ctx, validating, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// entry is what the tests break of an entry of either kind of configuration.
type entry struct {
	client            *admissionregistrationv1.WebhookClientConfig
	namespaceSelector **metav1.LabelSelector
	failurePolicy     **admissionregistrationv1.FailurePolicyType
	timeout           **int32
}

// change changes all entries.
func (d *patient) change(t *testing.T, change func(*entry)) {
	t.Helper()
	d.changeMutating(t, func(configuration *admissionregistrationv1.MutatingWebhookConfiguration) {
		for i := range configuration.Webhooks {
			w := &configuration.Webhooks[i]
			change(&entry{&w.ClientConfig, &w.NamespaceSelector, &w.FailurePolicy, &w.TimeoutSeconds})
		}
	})
	d.changeValidating(t, func(configuration *admissionregistrationv1.ValidatingWebhookConfiguration) {
		for i := range configuration.Webhooks {
			w := &configuration.Webhooks[i]
			change(&entry{&w.ClientConfig, &w.NamespaceSelector, &w.FailurePolicy, &w.TimeoutSeconds})
		}
	})
}

// stand puts a server in the place of the replicas; a bundle of nil leaves the one that is there.
func (d *patient) stand(t *testing.T, server *httptest.Server, bundle []byte) {
	t.Helper()
	port := int32(server.Listener.Addr().(*net.TCPAddr).Port)
	d.change(t, func(e *entry) {
		e.client.Service.Port = &port
		if bundle != nil {
			e.client.CABundle = bundle
		}
	})
}

func (d *patient) changeService(t *testing.T, patch string) {
	t.Helper()
	_, err := d.Client().CoreV1().Services(installation.Namespace).Patch(context.Background(), "kruise-admission-webhook", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// says waits until a check of the doctor has the status and says the words: API servers read configurations through caches.
func (d *patient) says(t *testing.T, name, status string, words ...string) {
	t.Helper()
	controlplane.Eventually(t, fmt.Sprintf("the check %s is %s and says %q", name, status, words), func(context.Context) error {
		var report struct {
			Checks []struct{ Check, Status, Detail, Remedy string }
		}
		got := d.ask(t, "", "doctor", "-n", d.namespace, "-o", "json")
		if err := json.Unmarshal([]byte(got.stdout), &report); err != nil {
			t.Fatalf("%v: %s%s", err, got.stdout, got.stderr)
		}
		for _, c := range report.Checks {
			if c.Status != "ok" && c.Status != "unknown" && c.Remedy == "" {
				t.Errorf("without a remedy: %+v", c)
			}
			found := c.Check == name && c.Status == status
			for _, word := range words {
				found = found && strings.Contains(c.Detail, word)
			}
			if found {
				return nil
			}
		}
		return fmt.Errorf("it says:\n%s", got.stdout)
	})
}
