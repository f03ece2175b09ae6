package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// TestWhatIsMissing: a name may be of one kind only, as OpenKruise's are, and the configuration of a second chance is found without being named.
func TestWhatIsMissing(t *testing.T) {
	mutating := func(name string) *admissionregistrationv1.MutatingWebhookConfiguration {
		return &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	validating := func(name string) *admissionregistrationv1.ValidatingWebhookConfiguration {
		return &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	for name, test := range map[string]struct {
		client      *fake.Clientset
		names       string
		all, absent []string
	}{
		"both of one name": {fake.NewClientset(mutating("a"), validating("a")), "a", []string{"a"}, nil},
		"with a second chance": {
			fake.NewClientset(mutating("a"), validating("a"), mutating("a-second-chance")), "a", []string{"a", "a-second-chance"}, nil,
		},
		"a second chance that is named": {
			fake.NewClientset(mutating("a"), validating("a"), mutating("a-second-chance")), "a,a-second-chance", []string{"a", "a-second-chance"}, nil,
		},
		"two names":       {fake.NewClientset(mutating("m"), validating("v")), "m,v", []string{"m", "v"}, nil},
		"one of the two":  {fake.NewClientset(mutating("m")), "m,v", []string{"m", "v"}, []string{"ValidatingWebhookConfiguration m or v"}},
		"a name too many": {fake.NewClientset(mutating("m"), validating("v")), "m,v,x", []string{"m", "v", "x"}, []string{"webhook configuration x"}},
		"nothing": {
			fake.NewClientset(), "a", []string{"a"}, []string{"MutatingWebhookConfiguration a", "ValidatingWebhookConfiguration a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			names := withSecondChances(t.Context(), test.client, strings.Split(test.names, ","))
			if diff := cmp.Diff(test.all, names); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			found, err := readInstalled(t.Context(), test.client, names)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.absent, found.missing(names)); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEntriesOfASecondChance: explain and doctor know what the three entries are for, and none of them lets pods go without an answer.
func TestEntriesOfASecondChance(t *testing.T) {
	first, _ := webhook.Configurations(webhook.ConfigurationOptions{Name: "ka", Namespace: "n", Service: "s"})
	second, err := webhook.SecondChance(first)
	if err != nil {
		t.Fatal(err)
	}
	entries := podEntries([]admissionregistrationv1.MutatingWebhookConfiguration{*first, *second})
	want := map[string]struct{ sends, why string }{
		"marked.mpod.kb.io":        {"no", "come with the mark"},
		"mpod.kb.io":               {"yes", "when the call fails, second-chance.mpod.kb.io is asked"},
		"second-chance.mpod.kb.io": {"yes", "only when the calls before have failed"},
		"last-chance.mpod.kb.io":   {"yes", "only when the calls before have failed"},
	}
	if len(entries) != len(want) {
		t.Errorf("%d entries, want %d", len(entries), len(want))
	}
	for i := range entries {
		sends, why := entries[i].sends(labels.Set{"kubernetes.io/metadata.name": "shop"}, labels.Set{}, nil)
		if w := want[entries[i].Name]; sends != w.sends || w.why == "" || !strings.Contains(why, w.why) {
			t.Errorf("%s: %s, %s", entries[i].Name, sends, why)
		}
		if entries[i].goesOnWithout() {
			t.Errorf("%s is said to go on without an answer", entries[i].Name)
		}
	}
	alone := podEntries([]admissionregistrationv1.MutatingWebhookConfiguration{*first})
	if !slices.ContainsFunc(alone, func(e podWebhook) bool { return e.Name == "mpod.kb.io" && e.goesOnWithout() }) {
		t.Error("without the second configuration, the first entry lets pods go without an answer, and nobody says so")
	}
}
