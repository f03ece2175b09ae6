package main

// PodUnavailableBudgets: the rules of the kind, and those of the pods that they protect.

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/ledger"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/protection/budget"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// budgetLedger counts the pods that budgets let go.
type budgetLedger = ledger.Ledger[v1beta1.PodUnavailableBudget, *v1beta1.PodUnavailableBudget]

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
	if asked.budgets != nil {
		options.Ledger, options.Pods = asked.budgets, asked.wholePods
	}
	if asked.dependents != nil {
		options.Namespaces = asked.dependents
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

// Take implements budget.Ledger.
func (noCluster) Take(_ context.Context, namespace, name string, _ func(*v1beta1.PodUnavailableBudget) (map[string]any, error)) error {
	return decision.CannotTell("PodUnavailableBudget %s/%s: there is no cluster to ask", namespace, name)
}

// Pod implements budget.Pods.
func (noCluster) Pod(_ context.Context, namespace, name string) (*corev1.Pod, error) {
	return nil, decision.CannotTell("pod %s/%s: there is no cluster to ask", namespace, name)
}
