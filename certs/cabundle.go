package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// FieldManager is the name under which caBundle fields are written.
const FieldManager = "kruise-admission-certs"

// InjectAnnotation is how an object asks cert-manager's cainjector for its caBundles: the namespace/name of a Certificate.
const InjectAnnotation = "cert-manager.io/inject-ca-from"

// errNoBundle says that a caBundle is empty.
var errNoBundle = errors.New("its caBundle is empty")

// clientConfig is one place of a configuration object by which the API server calls us.
type clientConfig struct {
	// where names it for people: `webhook "x"` or "conversion".
	where string
	// pointer is the JSON Pointer of the clientConfig.
	pointer string
	// serverName is what the API server verifies.
	serverName string
	// path is what it calls.
	path string
	// caBundle is what it trusts: PEM, empty when there is none or it is not base64.
	caBundle []byte
}

// clientConfigs finds the client configurations of a webhook configuration or a CRD that mean identity. foreign
// counts the others.
func clientConfigs(object *unstructured.Unstructured, identity Identity) (ours []clientConfig, foreign int) {
	add := func(where, pointer string, holder any) {
		fields, _ := holder.(map[string]any)
		config, _ := fields["clientConfig"].(map[string]any)
		serverName, ok := identity.serverName(config)
		if !ok {
			foreign++
			return
		}
		text, _ := config["caBundle"].(string)
		bundle, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			bundle = nil
		}
		ours = append(ours, clientConfig{where: where, pointer: pointer, serverName: serverName, path: calledPath(config), caBundle: bundle})
	}
	webhooks, _ := object.Object["webhooks"].([]any)
	for i, webhook := range webhooks {
		fields, _ := webhook.(map[string]any)
		add(fmt.Sprintf("webhook %q", fields["name"]), fmt.Sprintf("/webhooks/%d/clientConfig", i), webhook)
	}
	if strategy, _, _ := unstructured.NestedString(object.Object, "spec", "conversion", "strategy"); strategy == "Webhook" {
		conversion, _, _ := unstructured.NestedFieldNoCopy(object.Object, "spec", "conversion", "webhook")
		add("conversion webhook", "/spec/conversion/webhook/clientConfig", conversion)
	}
	return ours, foreign
}

// caBundlePatch makes the JSON patch that puts bundle into configs of the object with that resourceVersion, and
// returns how many it changes. nil when nothing has to change.
//
// Why a JSON patch, and not a server-side apply: an apply object must repeat `name`, the key of the webhooks list,
// and so becomes co-owner of the list entry itself. When Helm or Flux then remove an entry by server-side apply, the
// API server keeps the entry because we still own it, reduced to name and caBundle, and refuses that as invalid: no
// upgrade that drops an entry would succeed. A patch is recorded under the same field manager but owns the caBundle
// fields alone (test/certs shows both on a real API server).
//
// The resourceVersion makes the patch conditional, so that indices mean the entries that were read, and so that a
// replica that read an older Secret cannot undo what another one published since (see SelfManaged.pass). It is
// replaced by itself rather than tested, because the API server then answers 409 Conflict; a failed test is an
// anonymous 422.
func caBundlePatch(resourceVersion string, configs []clientConfig, bundle []byte) (patch []byte, changes int, err error) {
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value"`
	}
	operations := []operation{{"replace", "/metadata/resourceVersion", resourceVersion}}
	for _, config := range configs {
		if !bytes.Equal(config.caBundle, bundle) {
			operations = append(operations, operation{"add", config.pointer + "/caBundle", bundle}) // []byte encodes as base64
		}
	}
	if len(operations) == 1 {
		return nil, 0, nil
	}
	patch, err = json.Marshal(operations)
	return patch, len(operations) - 1, err
}

// verify reports whether an API server that calls by config would accept certificate at that time.
func (c clientConfig) verify(certificate *tls.Certificate, now time.Time) error {
	if len(c.caBundle) == 0 {
		return errNoBundle
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.caBundle) {
		return errors.New("its caBundle holds no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, der := range certificate.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			intermediates.AddCert(cert)
		}
	}
	_, err := certificate.Leaf.Verify(x509.VerifyOptions{
		DNSName:       c.serverName,
		Roots:         roots,
		Intermediates: intermediates,
		CurrentTime:   now,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return fmt.Errorf("its caBundle does not verify the serving certificate: %w", err)
	}
	return nil
}
