package certmanager

import (
	"slices"
	"strings"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"

	"github.com/kruise-admission/kruise-admission/certs"
)

var options = Options{Name: "ka", Identity: certs.Identity{Service: "hooks", Namespace: "site", ClusterDomain: "example.org"}}

// TestChainOfTrust follows the objects from the server's certificate up to the Issuer that signs by itself: each refers to one that is made,
// in the same namespace.
func TestChainOfTrust(t *testing.T) {
	issuers, certificates, bySecret := map[string]*cmapi.Issuer{}, map[string]*cmapi.Certificate{}, map[string]*cmapi.Certificate{}
	for _, object := range options.Objects() {
		switch o := object.(type) {
		case *cmapi.Issuer:
			issuers[o.Name] = o
		case *cmapi.Certificate:
			certificates[o.Name], bySecret[o.Spec.SecretName] = o, o
		default:
			t.Fatalf("unexpected %T", object)
		}
	}
	certificate := certificates["ka"]
	if certificate == nil || certificate.Spec.SecretName != options.SecretName() || certificate.Spec.IsCA {
		t.Fatalf("the server's certificate is %+v", certificate)
	}
	if !slices.Contains(certificate.Spec.DNSNames, options.Identity.ServerName()) || !slices.Contains(certificate.Spec.DNSNames, "hooks.site.svc.example.org") {
		t.Errorf("its names are %v, want those of the Service", certificate.Spec.DNSNames)
	}
	for steps := 0; ; steps++ {
		if certificate.Namespace != "site" || steps > len(issuers) {
			t.Fatalf("certificate %q in namespace %q after %d steps", certificate.Name, certificate.Namespace, steps)
		}
		issuer := issuers[certificate.Spec.IssuerRef.Name]
		if issuer == nil || issuer.Namespace != "site" || certificate.Spec.IssuerRef.Kind != issuer.Kind {
			t.Fatalf("certificate %q: no issuer %+v", certificate.Name, certificate.Spec.IssuerRef)
		}
		if issuer.Spec.SelfSigned != nil {
			break
		}
		above := bySecret[issuer.Spec.CA.SecretName]
		if above == nil || !above.Spec.IsCA {
			t.Fatalf("issuer %q signs by secret %q, which no authority fills", issuer.Name, issuer.Spec.CA.SecretName)
		}
		if above.Spec.Duration.Duration < 2*certificate.Spec.Duration.Duration {
			t.Errorf("authority %q lives %s, too short for certificates of %s", above.Name, above.Spec.Duration.Duration, certificate.Spec.Duration.Duration)
		}
		if above.Spec.PrivateKey.RotationPolicy != cmapi.RotationPolicyNever {
			t.Errorf("authority %q gets a new key when it is renewed: what the old one signed would not verify", above.Name)
		}
		certificate = above
	}
}

// TestInjectAnnotation: what the server looks for when a caBundle is empty is what cert-manager acts on.
func TestInjectAnnotation(t *testing.T) {
	key, value := options.InjectAnnotation()
	if key != certs.InjectAnnotation {
		t.Errorf("the annotation is %q, the server looks for %q", key, certs.InjectAnnotation)
	}
	if namespace, name, ok := strings.Cut(value, "/"); !ok || namespace != "site" || name != "ka" {
		t.Errorf("the annotation names %q, want the Certificate site/ka", value)
	}
}
