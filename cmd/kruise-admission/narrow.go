package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/cluster/narrow"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// validateNarrowing reports that there is nothing whose match conditions could be kept.
func (o *serveOptions) validateNarrowing() error {
	if o.narrowPods && len(o.manifests) > 0 {
		return errors.New("--narrow-pods: cannot be used together with --manifests, because match conditions are in a cluster")
	}
	return nil
}

// addNarrower makes what keeps the match condition of pods, or takes away one that was left behind.
func (p *parts) addNarrower(options *serveOptions, gates featuregate.FeatureGate, config *rest.Config, log logr.Logger) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for match conditions: %w", err)
	}
	keeper, err := narrow.New(client, narrow.Options{
		View:           p.view,
		Enabled:        options.narrowPods,
		AllPods:        gates.Enabled(webhook.KruisePodReadinessGate),
		Configurations: options.configurations,
		Paths:          webhook.NewPodsPaths(),
		Namespace:      options.namespace,
		Service:        options.serviceName,
		Identity:       instanceName(),
		Log:            log,
	})
	if err != nil {
		return err
	}
	p.view.OnChange(keeper.Changed)
	p.narrow = func(ctx context.Context) {
		// Whatever happens to match conditions, admission goes on.
		if err := keeper.Run(ctx); err != nil {
			log.Error(err, "the match condition of pods is not kept")
		}
	}
	return nil
}
