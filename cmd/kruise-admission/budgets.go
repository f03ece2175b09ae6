package main

// PodUnavailableBudgets: the rules of the kind, and those of the pods that they protect.

import (
	"context"
	"errors"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/protection/budget"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// addBudgets adds the rules to p. While both gates are off no budget can be made, and no pod is asked about.
func (p *parts) addBudgets(gates featuregate.FeatureGate, asked lookups, log logr.Logger) {
	enforced := asksBudgets(gates)
	p.rules.Validate["podunavailablebudgets"] = validate.PodUnavailableBudget{Cluster: p.view, Unenforced: !enforced}
	options := budget.Options{
		Ledger:           noCluster{},
		Pods:             noCluster{},
		Now:              time.Now,
		Deletes:          gates.Enabled(webhook.PodUnavailableBudgetDeleteGate),
		Updates:          gates.Enabled(webhook.PodUnavailableBudgetUpdateGate),
		ResizesApart:     gates.Enabled(webhook.InPlacePodVerticalScaling),
		ResourcesInPlace: gates.Enabled(webhook.InPlaceWorkloadVerticalScaling),
	}
	if asked.ledger != nil {
		options.Ledger, options.Pods = asked.ledger, asked.wholePods
	}
	served := webhook.BudgetsOptions{Judge: budget.New(options), Log: log}
	if asked.events != nil {
		served.Recorder = asked.events
	}
	p.budgets = webhook.NewBudgets(served)
	validatePod := webhook.ValidatePod{WorkloadSpreads: leavingSpreads(gates, asked)}
	if enforced {
		validatePod.Budgets = p.budgets
	}
	p.rules.ValidatePod = validatePod
}

// noCluster is what a server that decides by manifests knows of the counts in a budget and of the state of pods.
type noCluster struct{}

var errNoCluster = errors.New("there is no cluster to ask")

// Take implements budget.Ledger.
func (noCluster) Take(context.Context, string, string, func(*v1beta1.PodUnavailableBudget) map[string]any) error {
	return errNoCluster
}

// Pod implements budget.Pods.
func (noCluster) Pod(context.Context, string, string) (*corev1.Pod, error) { return nil, errNoCluster }
