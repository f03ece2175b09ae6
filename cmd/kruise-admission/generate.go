package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// generateOptions are the flags of the generate commands.
type generateOptions struct {
	config         string
	namespace      string
	serviceName    string
	serviceAccount string
	configurations string
	clusterDomain  string
	certManager    bool
	secondChance   bool
	url            string
}

// manifestLabels are on everything that is generated.
var manifestLabels = map[string]string{"app.kubernetes.io/name": "kruise-admission"}

const (
	// configMapName is the ConfigMap that holds the configuration, and configKey its key there.
	configMapName = "kruise-admission-config"
	configKey     = "config.yaml"
)

func newGenerateCommand() *cobra.Command {
	options := &generateOptions{}
	command := &cobra.Command{
		Use:   "generate",
		Short: "Print manifests that follow the configuration",
		Long: "Print manifests that follow the configuration of delete protection (--config), for kubectl apply.\n" +
			"Without --config they are for what OpenKruise protects. Generate them again when the configuration changes.",
		Example: "  # everything that follows from a configuration\n" +
			"  kruise-admission generate configmap --config config.yaml | kubectl apply -f -\n" +
			"  kruise-admission generate rbac --config config.yaml | kubectl apply -f -\n" +
			"  kruise-admission generate webhooks --config config.yaml | kubectl apply --server-side --force-conflicts -f -",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },

		SuggestionsMinimumDistance: typos,
	}
	options.addFlags(command.PersistentFlags())
	for _, sub := range []struct {
		use, short, example string
		objects             func(*generateOptions, *protection.Table) ([]runtime.Object, error)
	}{
		{"cert-manager", "Print the Issuers and Certificates by which cert-manager issues the server's certificate",
			"  kruise-admission generate cert-manager | kubectl apply -f -\n" +
				"  kruise-admission generate webhooks --cert-manager | kubectl apply --server-side --force-conflicts -f -", (*generateOptions).certManagerObjects},
		{"configmap", "Print the ConfigMap that holds the configuration",
			"  kruise-admission generate configmap --config config.yaml | kubectl apply -f -", (*generateOptions).configMap},
		{"policies", "Print ValidatingAdmissionPolicies that protect while no server runs",
			"  kruise-admission generate policies --config config.yaml | kubectl apply -f -", (*generateOptions).policies},
		{"rbac", "Print the rights that delete protection needs",
			"  kruise-admission generate rbac --config config.yaml | kubectl apply -f -", (*generateOptions).rbac},
		{"webhooks", "Print the webhook configurations",
			"  # caBundles stay: they belong to the server, or to cert-manager\n" +
				"  kruise-admission generate webhooks --config config.yaml | kubectl apply --server-side --force-conflicts -f -", (*generateOptions).webhooks},
	} {
		command.AddCommand(&cobra.Command{
			Use: sub.use, Short: sub.short, Example: sub.example, Args: noArguments,
			RunE: func(command *cobra.Command, _ []string) error {
				if err := options.validate(); err != nil {
					return usageError{err}
				}
				table, err := readConfig(options.config)
				if err != nil {
					return err
				}
				objects, err := sub.objects(options, table)
				if err != nil {
					return err
				}
				text, err := manifestYAML(objects)
				if err != nil {
					return err
				}
				_, err = command.OutOrStdout().Write(text)
				return err
			},
		})
	}
	command.AddCommand(newGenerateValuesCommand(options))
	return command
}

func (o *generateOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.config, "config", "", "`file` that configures delete protection")
	flags.StringVar(&o.namespace, "namespace", webhook.DefaultNamespace, "`namespace` of the server")
	flags.StringVar(&o.serviceName, "service-name", webhook.DefaultServiceName, "`name` of the Service in front of the server")
	flags.StringVar(&o.serviceAccount, "service-account", webhook.DefaultServiceAccount, "`name` of the ServiceAccount of the server")
	flags.StringVar(&o.configurations, "webhook-configuration", webhook.DefaultConfigurationName, "`name` of both webhook configurations")
	flags.BoolVar(&o.secondChance, "second-chance", false,
		"print a third webhook configuration, so that no pod is refused because the replica that was asked about it has died; the server must be told its name (--webhook-configuration) and have the right to it")
	flags.StringVar(&o.url, "url", "",
		"address by which API servers call instead of by the Service, such as https://hooks.example.com:9443; the server must be told the host (--certificate-names)")
	o.addCertManagerFlags(flags)
}

func (o *generateOptions) validate() error {
	for _, name := range []struct{ flag, value string }{
		{"--namespace", o.namespace}, {"--service-name", o.serviceName},
	} {
		if problems := validation.IsDNS1123Label(name.value); len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", name.flag, name.value, problems[0])
		}
	}
	for _, name := range []struct{ flag, value string }{
		{"--service-account", o.serviceAccount}, {"--webhook-configuration", o.configurations}, {"--cluster-domain", o.clusterDomain},
	} {
		if problems := validation.IsDNS1123Subdomain(name.value); len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", name.flag, name.value, problems[0])
		}
	}
	return validateURL(o.url)
}

func (o *generateOptions) configMap(*protection.Table) ([]runtime.Object, error) {
	text, err := o.readConfigText()
	if err != nil {
		return nil, err
	}
	return []runtime.Object{&corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: configMapName, Labels: manifestLabels},
		Data:       map[string]string{configKey: text},
	}}, nil
}

func (o *generateOptions) policies(table *protection.Table) (objects []runtime.Object, _ error) {
	for _, twin := range table.Twin(manifestLabels) {
		objects = append(objects, twin.Policy, twin.Binding)
	}
	return objects, nil
}

func (o *generateOptions) rbac(table *protection.Table) ([]runtime.Object, error) {
	role, binding := webhook.ProtectionRole(table, o.namespace, o.serviceAccount, manifestLabels)
	return []runtime.Object{role, binding}, nil
}

func (o *generateOptions) webhooks(table *protection.Table) ([]runtime.Object, error) {
	mutating, validating := webhook.Configurations(webhook.ConfigurationOptions{
		Name: o.configurations, Namespace: o.namespace, Service: o.serviceName, Labels: manifestLabels, Protection: table,
	})
	if o.certManager {
		mutating.Annotations, validating.Annotations = o.injectAnnotations(), o.injectAnnotations()
	}
	objects := []runtime.Object{mutating, validating}
	if o.secondChance {
		second, err := webhook.SecondChance(mutating)
		if err != nil {
			return nil, err
		}
		objects = []runtime.Object{mutating, second, validating}
	}
	if o.url != "" {
		callByURL(objects, o.url)
	}
	return objects, nil
}

// manifestYAML writes objects as the documents of one file. An empty status, which is not for users to write, is left out.
func manifestYAML(objects []runtime.Object) ([]byte, error) {
	var out bytes.Buffer
	for i, object := range objects {
		if i > 0 {
			out.WriteString("---\n")
		}
		members, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
		if err != nil {
			return nil, fmt.Errorf("encode a manifest: %w", err)
		}
		delete(members, "status")
		text, err := yaml.Marshal(members)
		if err != nil {
			return nil, fmt.Errorf("encode a manifest: %w", err)
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}
