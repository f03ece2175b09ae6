package certs

import (
	"crypto/tls"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func fromYAML(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestClientConfigs(t *testing.T) {
	tests := []struct {
		name, object string
		want         []string // pointer, server name, where, bundle
		foreign      int
	}{
		{name: "empty object", object: `{}`},
		{
			name: "webhooks",
			object: `
webhooks:
- {name: a, clientConfig: {service: {name: kruise-admission, namespace: kruise-system}, caBundle: Zmlyc3Q=}}
- {name: b, clientConfig: {service: {name: kruise-webhook-service, namespace: kruise-system}, caBundle: Zm9yZWlnbg==}}
- {name: c, clientConfig: {url: "https://localhost:9443/x"}}
- {name: d, clientConfig: {service: {name: kruise-admission, namespace: kruise-system}, caBundle: "not base64"}}`,
			want: []string{
				`/webhooks/0/clientConfig kruise-admission.kruise-system.svc webhook "a" first`,
				`/webhooks/2/clientConfig localhost webhook "c" `,
				`/webhooks/3/clientConfig kruise-admission.kruise-system.svc webhook "d" `,
			},
			foreign: 1,
		},
		{
			name:   "conversion",
			object: `{spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: kruise-admission, namespace: kruise-system}, caBundle: Zmlyc3Q=}}}}}`,
			want:   []string{`/spec/conversion/webhook/clientConfig kruise-admission.kruise-system.svc conversion webhook first`},
		},
		{name: "SV-34 conversion None", object: `{spec: {conversion: {strategy: None}}}`},
		{name: "no conversion", object: `{spec: {conversion: null}}`},
		{name: "conversion without webhook", object: `{spec: {conversion: {strategy: Webhook}}}`, foreign: 1},
		{name: "wrong types", object: `{webhooks: [1, null, {clientConfig: 2}, {clientConfig: {service: 3, caBundle: 4}}], spec: {conversion: {strategy: 1, webhook: []}}}`, foreign: 4},
		{name: "spec of wrong type", object: `{webhooks: {}, spec: 7}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			configs, foreign := clientConfigs(fromYAML(t, test.object), self)
			var got []string
			for _, c := range configs {
				got = append(got, strings.Join([]string{c.pointer, c.serverName, c.where, string(c.caBundle)}, " "))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if foreign != test.foreign {
				t.Errorf("%d foreign, want %d", foreign, test.foreign)
			}
			again, _ := clientConfigs(keepClientConfigs(fromYAML(t, test.object)), self)
			if len(again) != len(configs) {
				t.Errorf("the cached form has %d client configurations, the object %d", len(again), len(configs))
			}
		})
	}
}

func TestCABundlePatch(t *testing.T) {
	config := func(pointer, bundle string) clientConfig {
		return clientConfig{pointer: pointer, caBundle: []byte(bundle)}
	}
	tests := []struct {
		name    string
		configs []clientConfig
		want    string
		changes int
	}{
		{name: "nothing is ours"},
		{name: "all right", configs: []clientConfig{config("/webhooks/0/clientConfig", "new")}},
		{
			name:    "missing and stale",
			configs: []clientConfig{config("/webhooks/0/clientConfig", ""), config("/webhooks/1/clientConfig", "new"), config("/webhooks/4/clientConfig", "old")},
			want: `[{"op":"replace","path":"/metadata/resourceVersion","value":"42"},` +
				`{"op":"add","path":"/webhooks/0/clientConfig/caBundle","value":"bmV3"},` +
				`{"op":"add","path":"/webhooks/4/clientConfig/caBundle","value":"bmV3"}]`,
			changes: 2,
		},
		{
			name:    "trailing newline counts, because the bundle is compared as it is",
			configs: []clientConfig{config("/spec/conversion/webhook/clientConfig", "new\n")},
			want: `[{"op":"replace","path":"/metadata/resourceVersion","value":"42"},` +
				`{"op":"add","path":"/spec/conversion/webhook/clientConfig/caBundle","value":"bmV3"}]`,
			changes: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, changes, err := caBundlePatch("42", test.configs, []byte("new"))
			if err != nil || changes != test.changes {
				t.Errorf("%d changes, %v, want %d", changes, err, test.changes)
			}
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClientConfigVerify(t *testing.T) {
	signer, other := makeAuthority(t, start, 100*time.Hour), makeAuthority(t, start, 100*time.Hour)
	leaf, err := newLeaf(signer, self, start, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	both := append(encodeCertificate(other.cert), encodeCertificate(signer.cert)...)
	tests := []struct {
		name   string
		bundle []byte
		after  time.Duration
		fault  string
	}{
		{"trusted", encodeCertificate(signer.cert), 0, ""},
		{"trusted in the overlap of a rotation", both, 0, ""},
		{"P2: empty bundle", nil, 0, "its caBundle is empty"},
		{"P2: chart applied again", []byte("\n"), 0, "its caBundle holds no certificate"},
		{"P2: plausible but stale", encodeCertificate(other.cert), 0, "does not verify the serving certificate"},
		{"expired", encodeCertificate(signer.cert), 2 * time.Hour, "expired"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := clientConfig{serverName: self.ServerName(), caBundle: test.bundle}
			err := config.verify(leaf.certificate, start.Add(test.after))
			if (err == nil) != (test.fault == "") || err != nil && !strings.Contains(err.Error(), test.fault) {
				t.Errorf("got %v, want %q", err, test.fault)
			}
		})
	}
	for name, accepted := range map[string]bool{
		self.ServerName(): true, "localhost": true, "other." + self.Namespace + ".svc": false, self.Service + ".other.svc": false, "10.0.0.1": false,
	} {
		t.Run("called by the name "+name, func(t *testing.T) {
			config := clientConfig{serverName: name, caBundle: encodeCertificate(signer.cert)}
			err := config.verify(leaf.certificate, start)
			if (err == nil) != accepted || err != nil && !strings.Contains(err.Error(), "certificate is valid for") && !strings.Contains(err.Error(), "doesn't contain any IP SANs") {
				t.Errorf("got %v, want accepted %t", err, accepted)
			}
		})
	}
	t.Run("chain with an intermediate", func(t *testing.T) {
		// What serves is leaf + intermediate, what is trusted is the root.
		root, middle := underRoot(t, signer)
		chain := &tls.Certificate{Certificate: [][]byte{leaf.certificate.Certificate[0], middle.Raw, []byte("garbage")}, Leaf: leaf.certificate.Leaf}
		config := clientConfig{serverName: self.ServerName(), caBundle: encodeCertificate(root)}
		if err := config.verify(chain, start); err != nil {
			t.Error(err)
		}
	})
}

// TestEmptyBundleNamesWhoShouldFillIt: a replica that waits for cert-manager says so, by what it keeps of the object in its cache.
func TestEmptyBundleNamesWhoShouldFillIt(t *testing.T) {
	signer := makeAuthority(t, start, 100*time.Hour)
	leaf, err := newLeaf(signer, self, start, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for annotation, want := range map[string]string{
		"": "its caBundle is empty",
		"annotations: {" + InjectAnnotation + ": site/ka}": "its caBundle is empty: cert-manager's cainjector has not written it yet; it takes it from certificate site/ka",
	} {
		configurations, err := NewConfigurations(nil, ConfigurationsOptions{Identity: self, Mutating: []string{"kruise-admission"}})
		if err != nil {
			t.Fatal(err)
		}
		configurations.saw(configurations.targets[0], fromYAML(t, `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: kruise-admission, `+annotation+`}
webhooks: [{name: mpod.kb.io, clientConfig: {service: {name: `+self.Service+`, namespace: `+self.Namespace+`}}}]`))
		err = configurations.observe().verify(leaf.certificate, start)
		if err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", annotation, err, want)
		}
	}
}
