package main

import (
	"slices"
	"testing"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/inject"
)

// TestMissedJudge: whom the webhook configuration keeps out is not missed. While there is none, the endpoint table says who that is, so that
// pods which were created meanwhile are found, and those of kube-system are not.
func TestMissedJudge(t *testing.T) {
	set, err := cluster.ReadSidecarSet([]byte(`{"metadata":{"name":"agent"},"spec":{"selector":{"matchLabels":{"app":"web"}},"containers":[{"name":"agent","image":"agent:1"}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	view := newEmptyView()
	view.Apply(cluster.Change{SidecarSets: cluster.Delta[cluster.SidecarSet]{Put: map[string]cluster.SidecarSet{"agent": set}}})
	engine, err := inject.New(inject.Options{View: view, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	engine.Changed([]string{"agent"})
	path := "/mutate-pod"
	own := &admissionregistrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "mine"},
		Webhooks: []admissionregistrationv1.MutatingWebhook{{
			Name:              "mpod.kb.io",
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{Path: &path}},
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "shop"}},
			Rules: []admissionregistrationv1.RuleWithOperations{{
				Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
				Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
			}},
		}},
	}
	for name, test := range map[string]struct {
		client *fake.Clientset
		missed map[string]bool // by namespace
	}{
		"with a configuration":    {fake.NewClientset(own), map[string]bool{"shop": true, "default": false, "kube-system": false}},
		"without a configuration": {fake.NewClientset(), map[string]bool{"shop": true, "default": true, "kube-system": false, "mine": false}},
	} {
		p := &parts{view: view, engine: engine}
		judge, err := p.missedJudge(t.Context(), test.client, &serveOptions{configurations: []string{"mine"}, namespace: "mine", serviceName: "s"})
		if err != nil {
			t.Fatal(err)
		}
		for namespace, want := range test.missed {
			pod := encodeRaw(t, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "p", Labels: map[string]string{"app": "web"}}})
			sidecarSets, err := judge(t.Context(), pod)
			if err != nil || slices.Contains(sidecarSets, "agent") != want {
				t.Errorf("%s, namespace %s: %v, error %v, want missed: %t", name, namespace, sidecarSets, err, want)
			}
		}
	}
}

// TestNothingToMiss: without SidecarSets no pod is looked at.
func TestNothingToMiss(t *testing.T) {
	judge, err := (&parts{view: newEmptyView()}).missedJudge(t.Context(), fake.NewClientset(), &serveOptions{})
	if judge != nil || err != nil {
		t.Errorf("there is a judge: %t, error %v", judge != nil, err)
	}
}
