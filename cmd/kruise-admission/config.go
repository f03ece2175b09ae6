package main

import (
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/protection"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// readConfig reads the file of --config; without one, what OpenKruise protects is protected.
func readConfig(path string) (*protection.Table, error) {
	if path == "" {
		return protection.Default(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, inputError{fmt.Errorf("--config: %w", err)}
	}
	table, err := protection.ParseConfiguration(text)
	if err != nil {
		return nil, inputError{fmt.Errorf("--config: %q: %w", path, err)}
	}
	return table, nil
}

// newProtection makes the rule of delete protection.
func newProtection(config string, gates featuregate.FeatureGate, namespaces protection.Namespaces, asked lookups, log logr.Logger) (*webhook.Protection, error) {
	table, err := readConfig(config)
	if err != nil {
		return nil, err
	}
	enabled := gates.Enabled(webhook.ResourcesDeletionProtection)
	if config != "" && !enabled {
		// Protection that somebody has configured must not be silently absent.
		return nil, usageError{fmt.Errorf("--config: %q protects nothing while the feature gate is off: add --feature-gates=%s=true",
			config, webhook.ResourcesDeletionProtection)}
	}
	options := protection.Options{
		Enabled:      enabled,
		CRDCascading: gates.Enabled(webhook.DeletionProtectionForCRDCascadingGate),
		Table:        table,
		Namespaces:   namespaces,
		Now:          time.Now,
	}
	if asked.dependents != nil { // a nil look-up must reach the rule as a nil interface
		options.Dependents = asked.dependents
	}
	served := webhook.ProtectionOptions{Judge: protection.New(options), Log: log}
	if asked.events != nil {
		served.Recorder = asked.events
	}
	return webhook.NewProtection(served), nil
}

// newEventRecorder writes Events in the name of this process.
func newEventRecorder(client kubernetes.Interface) *webhook.EventRecorder {
	return &webhook.EventRecorder{Client: client.EventsV1(), Instance: instanceName(), Now: time.Now}
}
