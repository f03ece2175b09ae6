package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/test/controlplane"
)

const (
	service = "hooks"
	account = "server"
)

// site is an installation of the server in a namespace of its own: its rights and its Service. Webhook configurations
// have the name of the namespace.
type site struct {
	t         *testing.T
	cluster   *controlplane.ControlPlane
	admin     kubernetes.Interface
	untyped   dynamic.Interface
	namespace string
	crds      []string
}

func newSite(t *testing.T, crds ...string) *site {
	t.Helper()
	return newSiteIn(t, controlplane.ForTest(t), crds...)
}

// newSiteIn makes one in a control plane of its own.
func newSiteIn(t *testing.T, cluster *controlplane.ControlPlane, crds ...string) *site {
	t.Helper()
	untyped, err := dynamic.NewForConfig(cluster.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, cluster: cluster, admin: cluster.Client(), untyped: untyped, namespace: cluster.NamespaceForTest(t), crds: crds}
	s.grant()
	return s
}

// grant gives the server's account what it needs and nothing else, so that these tests also show that it is enough.
func (s *site) grant() {
	s.t.Helper()
	watched := []string{"list", "watch", "patch"}
	secrets := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"create"}},
		{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch", "update"}, ResourceNames: []string{certs.DefaultSecretName}},
	}
	configurations := []rbacv1.PolicyRule{{
		APIGroups: []string{"admissionregistration.k8s.io"}, Resources: []string{"mutatingwebhookconfigurations", "validatingwebhookconfigurations"},
		Verbs: watched, ResourceNames: []string{s.namespace},
	}}
	if len(s.crds) > 0 {
		configurations = append(configurations, rbacv1.PolicyRule{
			APIGroups: []string{"apiextensions.k8s.io"}, Resources: []string{"customresourcedefinitions"}, Verbs: watched, ResourceNames: s.crds,
		})
	}
	rbac, ctx := s.admin.RbacV1(), s.t.Context()
	subjects := []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: s.namespace, Name: account}}
	named := metav1.ObjectMeta{Name: s.namespace}
	_, err := rbac.Roles(s.namespace).Create(ctx, &rbacv1.Role{ObjectMeta: named, Rules: secrets}, metav1.CreateOptions{})
	s.must(err)
	_, err = rbac.RoleBindings(s.namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: named, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: s.namespace},
	}, metav1.CreateOptions{})
	s.must(err)
	_, err = rbac.ClusterRoles().Create(ctx, &rbacv1.ClusterRole{ObjectMeta: named, Rules: configurations}, metav1.CreateOptions{})
	s.must(err)
	_, err = rbac.ClusterRoleBindings().Create(ctx, &rbacv1.ClusterRoleBinding{
		ObjectMeta: named, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: s.namespace},
	}, metav1.CreateOptions{})
	s.must(err)
	s.t.Cleanup(func() {
		s.gone(rbac.ClusterRoles().Delete(context.Background(), s.namespace, metav1.DeleteOptions{}))
		s.gone(rbac.ClusterRoleBindings().Delete(context.Background(), s.namespace, metav1.DeleteOptions{}))
	})
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) gone(err error) {
	if err != nil && !apierrors.IsNotFound(err) {
		s.t.Error(err)
	}
}

// source starts a replica's certificate source, with the rights of the server's account.
func (s *site) source(options certs.SelfManagedOptions) *certs.SelfManaged {
	s.t.Helper()
	config := s.cluster.RESTConfig()
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + s.namespace + ":" + account}
	typed, err := kubernetes.NewForConfig(config)
	s.must(err)
	untyped, err := dynamic.NewForConfig(config)
	s.must(err)
	options.Identity.Service, options.Identity.Namespace = service, s.namespace
	configurations, err := certs.NewConfigurations(untyped, certs.ConfigurationsOptions{
		Identity: options.Identity, Mutating: []string{s.namespace}, Validating: []string{s.namespace}, CRDs: s.crds,
	})
	s.must(err)
	source, err := certs.NewSelfManaged(typed, configurations, options)
	s.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	return source
}

// serve answers API servers with certificates of source and lets everything pass. Every call is a connection of its
// own, and so a handshake. It returns the port.
func (s *site) serve(source certs.Source) int32 {
	s.t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Response = &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
		review.Request = nil
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	}))
	// The server of httptest insists on a certificate of its own; a listener inside TLS does not.
	listener := server.Listener
	server.Listener = tls.NewListener(listener, &tls.Config{GetCertificate: source.GetCertificate, MinVersion: tls.VersionTLS13})
	server.Config.SetKeepAlivesEnabled(false)
	server.Start()
	s.t.Cleanup(server.Close)
	return int32(listener.Addr().(*net.TCPAddr).Port)
}

// configure creates both configurations: one entry for each port, for ConfigMaps of the namespace.
func (s *site) configure(ports ...int32) {
	s.t.Helper()
	fail, none := registrationv1.Fail, registrationv1.SideEffectClassNone
	rules := []registrationv1.RuleWithOperations{{
		Operations: []registrationv1.OperationType{registrationv1.Create},
		Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
	}}
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: s.namespace}}
	mutating := &registrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	validating := &registrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}}
	for i, port := range ports {
		client := registrationv1.WebhookClientConfig{Service: &registrationv1.ServiceReference{Namespace: s.namespace, Name: service, Port: &port}}
		mutating.Webhooks = append(mutating.Webhooks, registrationv1.MutatingWebhook{
			Name: fmt.Sprintf("m%d.example.com", i), ClientConfig: client, Rules: rules, NamespaceSelector: selector,
			FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
		})
		validating.Webhooks = append(validating.Webhooks, registrationv1.ValidatingWebhook{
			Name: fmt.Sprintf("v%d.example.com", i), ClientConfig: client, Rules: rules, NamespaceSelector: selector,
			FailurePolicy: &fail, SideEffects: &none, AdmissionReviewVersions: []string{"v1"},
		})
	}
	registration := s.admin.AdmissionregistrationV1()
	_, err := registration.MutatingWebhookConfigurations().Create(s.t.Context(), mutating, metav1.CreateOptions{FieldManager: "installer"})
	s.must(err)
	_, err = registration.ValidatingWebhookConfigurations().Create(s.t.Context(), validating, metav1.CreateOptions{FieldManager: "installer"})
	s.must(err)
	s.removeConfigurationsAtEnd()
}

func (s *site) removeConfigurationsAtEnd() {
	registration := s.admin.AdmissionregistrationV1()
	s.t.Cleanup(func() {
		s.gone(registration.MutatingWebhookConfigurations().Delete(context.Background(), s.namespace, metav1.DeleteOptions{}))
		s.gone(registration.ValidatingWebhookConfigurations().Delete(context.Background(), s.namespace, metav1.DeleteOptions{}))
	})
}

// call has the API server call every entry.
func (s *site) call(ctx context.Context) error {
	_, err := s.admin.CoreV1().ConfigMaps(s.namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "call-"}},
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func (s *site) eventuallyHealthy(sources ...*certs.SelfManaged) {
	s.t.Helper()
	controlplane.Eventually(s.t, "healthy", func(context.Context) error {
		for _, source := range sources {
			if err := source.Healthy(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *site) secret() *corev1.Secret {
	s.t.Helper()
	secret, err := s.admin.CoreV1().Secrets(s.namespace).Get(s.t.Context(), certs.DefaultSecretName, metav1.GetOptions{})
	s.must(err)
	return secret
}

var (
	mutatingResource = schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations"}
	crdResource      = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
)

func (s *site) read(resource schema.GroupVersionResource, name string) *unstructured.Unstructured {
	s.t.Helper()
	object, err := s.untyped.Resource(resource).Get(s.t.Context(), name, metav1.GetOptions{})
	s.must(err)
	return object
}

// signer is the CA that signs now.
func (s *site) signer() *x509.Certificate {
	s.t.Helper()
	block, _ := pem.Decode(s.secret().Data["signer.crt"])
	if block == nil {
		s.t.Fatal("the secret holds no CA")
	}
	signer, err := x509.ParseCertificate(block.Bytes)
	s.must(err)
	return signer
}
