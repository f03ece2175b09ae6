package certmanager

import (
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/certs"
)

// Defaults of Options.
const (
	DefaultDuration          = 90 * 24 * time.Hour
	DefaultRenewBefore       = 30 * 24 * time.Hour
	DefaultAuthorityDuration = 10 * 365 * 24 * time.Hour
)

// Options say for whom the certificate is.
type Options struct {
	// Name of the Certificate and of its Issuer, and what the names of the other objects begin with.
	Name string
	// Identity is what API servers know the server as. The objects are in its namespace.
	Identity certs.Identity
	// Labels of all objects.
	Labels map[string]string
}

// SecretName is the Secret that the server mounts.
func (o Options) SecretName() string { return o.Name + "-certificate" }

// InjectAnnotation is what makes cainjector publish the authority in an object.
func (o Options) InjectAnnotation() (key, value string) {
	return cmapi.WantInjectAnnotation, o.Identity.Namespace + "/" + o.Name
}

// Objects returns the Issuers and Certificates in the order in which they are made.
func (o Options) Objects() []runtime.Object {
	authority := o.Name + "-authority"
	return []runtime.Object{
		o.issuer(o.Name+"-self-signed", cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}),
		o.certificate(authority, cmapi.CertificateSpec{
			IsCA:       true,
			CommonName: authority,
			SecretName: authority,
			Duration:   &metav1.Duration{Duration: DefaultAuthorityDuration},
			// With a new key, certificates in service would not verify by the caBundle for as long as one of the two is newer. With the
			// same key and name, old and new authority verify what either signed.
			PrivateKey: p256(cmapi.RotationPolicyNever),
			IssuerRef:  issuerRef(o.Name + "-self-signed"),
		}),
		o.issuer(o.Name, cmapi.IssuerConfig{CA: &cmapi.CAIssuer{SecretName: authority}}),
		o.certificate(o.Name, cmapi.CertificateSpec{
			SecretName:  o.SecretName(),
			Duration:    &metav1.Duration{Duration: DefaultDuration},
			RenewBefore: &metav1.Duration{Duration: DefaultRenewBefore},
			DNSNames:    o.Identity.ServiceNames(),
			Usages:      []cmapi.KeyUsage{cmapi.UsageServerAuth},
			PrivateKey:  p256(cmapi.RotationPolicyAlways),
			IssuerRef:   issuerRef(o.Name),
		}),
	}
}

// p256 is the kind of key whose handshake costs least.
func p256(rotation cmapi.PrivateKeyRotationPolicy) *cmapi.CertificatePrivateKey {
	return &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, Size: 256, RotationPolicy: rotation}
}

func issuerRef(name string) cmmeta.IssuerReference {
	return cmmeta.IssuerReference{Name: name, Kind: cmapi.IssuerKind, Group: cmapi.SchemeGroupVersion.Group}
}

func (o Options) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: o.Identity.Namespace, Labels: o.Labels}
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: cmapi.SchemeGroupVersion.String(), Kind: kind}
}

func (o Options) issuer(name string, config cmapi.IssuerConfig) *cmapi.Issuer {
	return &cmapi.Issuer{TypeMeta: typeMeta(cmapi.IssuerKind), ObjectMeta: o.meta(name), Spec: cmapi.IssuerSpec{IssuerConfig: config}}
}

func (o Options) certificate(name string, spec cmapi.CertificateSpec) *cmapi.Certificate {
	return &cmapi.Certificate{TypeMeta: typeMeta(cmapi.CertificateKind), ObjectMeta: o.meta(name), Spec: spec}
}
