package main

// WorkloadSpreads: the rules of the kind, and those of the pods that are spread.

import (
	"fmt"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/ledger"
	"github.com/kruise-admission/kruise-admission/cluster/workloads"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/inject/podsteps"
	"github.com/kruise-admission/kruise-admission/inject/workloadspread"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// spreadLedger counts the pods of WorkloadSpreads.
type spreadLedger = ledger.Ledger[v1beta1.WorkloadSpread, *v1beta1.WorkloadSpread]

// addWorkloadSpreads adds the rules of the kind. A nil look-up must reach them as a nil interface, here as below.
func (p *parts) addWorkloadSpreads(gates featuregate.FeatureGate, asked lookups) {
	rule := validate.WorkloadSpread{Cluster: p.view, Disabled: !gates.Enabled(webhook.WorkloadSpread)}
	if asked.workloads != nil {
		rule.Workloads = asked.workloads
	}
	if asked.templates != nil {
		rule.Templates = asked.templates
	}
	p.rules.Validate["workloadspreads"] = rule
}

// spreadStep chooses subsets for new pods; nil while the gate is off.
func spreadStep(view podsteps.View, gates featuregate.FeatureGate, asked lookups) podsteps.WorkloadSpreads {
	if !gates.Enabled(webhook.WorkloadSpread) {
		return nil
	}
	options := workloadspread.Options{View: view, Now: time.Now}
	if asked.workloads != nil {
		options.Workloads = asked.workloads
	}
	if asked.spreads != nil {
		options.Ledger = asked.spreads
	}
	return workloadspread.New(options)
}

// leavingSpreads counts pods that go; nil while the gate is off, and without a cluster to count in.
func leavingSpreads(gates featuregate.FeatureGate, asked lookups) decision.Reviewer {
	if !gates.Enabled(webhook.WorkloadSpread) || asked.spreads == nil {
		return nil
	}
	return workloadspread.Leaving{Ledger: asked.spreads, Pods: asked.wholePods, Now: time.Now}
}

// newWorkloadReader makes a reader of workloads of any kind.
func newWorkloadReader(config *rest.Config) (*workloads.Reader, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for workloads: %w", err)
	}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the kinds of workloads: %w", err)
	}
	mapper, err := apiutil.NewDynamicRESTMapper(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make a table of the kinds of workloads: %w", err)
	}
	return workloads.NewReader(client, mapper), nil
}
