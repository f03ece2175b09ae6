package webhook

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kruise-admission/kruise-admission/protection"
)

// Where the installation manifests in deploy/ put things.
const (
	// DefaultConfigurationName names both webhook configurations.
	DefaultConfigurationName = "kruise-admission"
	// DefaultNamespace is the namespace of the plain installation manifests.
	DefaultNamespace = "kruise-admission"
	// DefaultServiceName is the Service in front of the replicas.
	DefaultServiceName = "kruise-admission-webhook"
)

// ConfigurationOptions say how the API server reaches the endpoints.
type ConfigurationOptions struct {
	// Name of both webhook configurations.
	Name string
	// Namespace of the server and its Service.
	Namespace string
	// Service is the name of the Service in front of the replicas.
	Service string
	// Port of the Service. Zero means 443.
	Port int32
	// Labels of both objects.
	Labels map[string]string
	// Protection says what is protected from deletion. Nil: what OpenKruise protects.
	Protection *protection.Table
}

// Configurations renders the endpoint table as the two webhook configurations, without caBundle: the certificate source
// publishes that at run time, so that no manifest ever holds a stale one.
func Configurations(options ConfigurationOptions) (*admissionregistrationv1.MutatingWebhookConfiguration, *admissionregistrationv1.ValidatingWebhookConfiguration) {
	meta := metav1.ObjectMeta{Name: options.Name, Labels: options.Labels}
	mutating := &admissionregistrationv1.MutatingWebhookConfiguration{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "MutatingWebhookConfiguration"},
		ObjectMeta: meta,
	}
	validating := &admissionregistrationv1.ValidatingWebhookConfiguration{
		TypeMeta:   metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: "ValidatingWebhookConfiguration"},
		ObjectMeta: meta,
	}
	protected := options.Protection
	if protected == nil {
		protected = protection.Default()
	}
	for _, endpoint := range endpoints(protected) {
		if endpoint.Mutating {
			mutating.Webhooks = append(mutating.Webhooks, mutatingEntry(endpoint, options))
		} else {
			validating.Webhooks = append(validating.Webhooks, validatingEntry(endpoint, options))
		}
	}
	return mutating, validating
}

func mutatingEntry(endpoint Endpoint, options ConfigurationOptions) admissionregistrationv1.MutatingWebhook {
	// The two entry types have the same fields; Go does not convert between them because their types differ.
	v := validatingEntry(endpoint, options)
	never := admissionregistrationv1.NeverReinvocationPolicy
	return admissionregistrationv1.MutatingWebhook{
		Name: v.Name, ClientConfig: v.ClientConfig, Rules: v.Rules, FailurePolicy: v.FailurePolicy, MatchPolicy: v.MatchPolicy,
		NamespaceSelector: v.NamespaceSelector, ObjectSelector: v.ObjectSelector, SideEffects: v.SideEffects,
		TimeoutSeconds: v.TimeoutSeconds, AdmissionReviewVersions: v.AdmissionReviewVersions,
		MatchConditions:    v.MatchConditions,
		ReinvocationPolicy: &never,
	}
}

func validatingEntry(endpoint Endpoint, options ConfigurationOptions) admissionregistrationv1.ValidatingWebhook {
	var (
		path  = endpoint.Path
		port  = options.Port
		fail  = admissionregistrationv1.Fail
		match = admissionregistrationv1.Equivalent
		none  = admissionregistrationv1.SideEffectClassNone
	)
	if port == 0 {
		port = 443
	}
	entry := admissionregistrationv1.ValidatingWebhook{
		Name: endpoint.Name,
		ClientConfig: admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{
			Namespace: options.Namespace, Name: options.Service, Path: &path, Port: &port,
		}},
		Rules:                   endpoint.Rules,
		FailurePolicy:           &fail,
		MatchPolicy:             &match,
		ObjectSelector:          endpoint.ObjectSelector,
		MatchConditions:         endpoint.MatchConditions,
		SideEffects:             &none,
		TimeoutSeconds:          &endpoint.TimeoutSeconds,
		AdmissionReviewVersions: []string{"v1", "v1beta1"},
	}
	if endpoint.ExemptNamespaces {
		entry.NamespaceSelector = exemptNamespaces(options.Namespace)
	}
	if endpoint.GoesOnWithout {
		ignore := admissionregistrationv1.Ignore
		entry.FailurePolicy = &ignore
	}
	if endpoint.Writes {
		noneOnDryRun := admissionregistrationv1.SideEffectClassNoneOnDryRun
		entry.SideEffects = &noneOnDryRun
	}
	return entry
}

// exemptNamespaces keeps out the namespaces that must come up before this server can, by a label that the API server itself maintains
// and those that OpenKruise has always kept out.
func exemptNamespaces(own string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: namespaceNameLabel, Operator: metav1.LabelSelectorOpNotIn, Values: []string{"kube-system", own}},
		{Key: "control-plane", Operator: metav1.LabelSelectorOpDoesNotExist},
	}}
}

// namespaceNameLabel is set by the API server on every namespace (Kubernetes 1.21 and later).
const namespaceNameLabel = "kubernetes.io/metadata.name"
