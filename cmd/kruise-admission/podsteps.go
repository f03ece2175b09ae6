package main

// The admission of pods: the engine that injects sidecars, and the steps around it.

import (
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/podsteps"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// kindsFor says which kinds the steps and rules ask about whose gates are on.
func kindsFor(gates featuregate.FeatureGate) cluster.Kinds {
	return cluster.Kinds{
		WorkloadSpreads:       gates.Enabled(webhook.WorkloadSpread),
		PodUnavailableBudgets: asksBudgets(gates),
		PersistentPodStates:   true, // validation compares them with each other
		PodProbeMarkers:       gates.Enabled(webhook.EnablePodProbeMarkerOnServerless),
	}
}

func asksBudgets(gates featuregate.FeatureGate) bool {
	return gates.Enabled(webhook.PodUnavailableBudgetDeleteGate) || gates.Enabled(webhook.PodUnavailableBudgetUpdateGate)
}

// newPipeline puts the steps around the engine whose gates are on.
func newPipeline(engine *inject.Engine, view podsteps.View, gates featuregate.FeatureGate, asked lookups) (*podsteps.Pipeline, error) {
	options := podsteps.Options{
		Sidecars:              engine,
		View:                  view,
		WorkloadSpreads:       spreadStep(view, gates, asked),
		AlwaysReadinessGate:   gates.Enabled(webhook.KruisePodReadinessGate),
		PodUnavailableBudgets: asksBudgets(gates),
		EnhancedLiveness:      gates.Enabled(webhook.EnhancedLivenessProbe),
		ProbeMarkers:          gates.Enabled(webhook.EnablePodProbeMarkerOnServerless),
	}
	if asked.workloads != nil {
		options.Workloads = asked.workloads
	}
	return podsteps.New(options)
}

// podLookups are the look-ups that the steps need, for commands that ask about pods only; none without a cluster.
func podLookups(config *rest.Config) (lookups, error) {
	if config == nil {
		return lookups{}, nil
	}
	workloadReader, err := newWorkloadReader(config)
	return lookups{workloads: workloadReader}, err
}
