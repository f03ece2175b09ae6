package main

// Values of the Helm chart that follow from the configuration of delete protection.

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// chartValues are the values that `generate values` prints.
type chartValues struct {
	DeleteProtection struct {
		Config string              `json:"config"`
		Rules  []rbacv1.PolicyRule `json:"rules"`
		// Webhooks are entries of a ValidatingWebhookConfiguration, of whose clientConfig the chart takes only the path.
		Webhooks []map[string]any `json:"webhooks"`
	} `json:"deleteProtection"`
}

func newGenerateValuesCommand(options *generateOptions) *cobra.Command {
	return &cobra.Command{
		Use:     "values",
		Short:   "Print values of the Helm chart",
		Long:    "Print the values with which the Helm chart installs the configuration, and the rights and webhooks that follow from it.",
		Example: "  kruise-admission generate values --config config.yaml > protection.yaml",
		Args:    noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			table, err := readConfig(options.config)
			if err != nil {
				return err
			}
			text, err := options.values(table)
			if err != nil {
				return err
			}
			_, err = command.OutOrStdout().Write(text)
			return err
		},
	}
}

func (o *generateOptions) values(table *protection.Table) ([]byte, error) {
	config, err := o.readConfigText()
	if err != nil {
		return nil, err
	}
	var values chartValues
	values.DeleteProtection.Config = config
	values.DeleteProtection.Rules = table.Rights()
	for _, entry := range webhook.ProtectionWebhooks(table) {
		members, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&entry)
		if err != nil {
			return nil, fmt.Errorf("encode webhook %s: %w", entry.Name, err)
		}
		members["clientConfig"] = map[string]any{"service": map[string]any{"path": *entry.ClientConfig.Service.Path}}
		values.DeleteProtection.Webhooks = append(values.DeleteProtection.Webhooks, members)
	}
	return yaml.Marshal(values)
}

// readConfigText reads the file of --config as it is written.
func (o *generateOptions) readConfigText() (string, error) {
	if o.config == "" {
		return "", usageError{errors.New("--config: required, it is what is installed")}
	}
	text, err := os.ReadFile(o.config)
	return string(text), err
}
