package main

// The audit of a running server: pods that went without their sidecars.

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"

	"github.com/kruise-admission/kruise-admission/cluster/missed"
	"github.com/kruise-admission/kruise-admission/cluster/pods"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/audit"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// auditFlags say how a server looks for pods that went without their sidecars.
type auditFlags struct {
	interval time.Duration
	evict    int
}

func (f *auditFlags) add(flags *pflag.FlagSet) {
	flags.DurationVar(&f.interval, "audit-interval", 10*time.Minute,
		"`time` between two looks of the elected replica at all pods for those that went without their sidecars, which it counts and writes Events on; 0 for none")
	flags.IntVar(&f.evict, "evict-missed", 0, fmt.Sprintf(
		"`number` of such pods to evict per minute, up to %d, when two looks have found them, their controllers replace them and their budgets allow it; "+
			"0 for none. It needs the right to create pods/eviction: deploy/audit", missed.MaxEvictionsPerMinute))
}

// validate reports a value that cannot work.
func (f *auditFlags) validate(offline bool) error {
	switch {
	case f.interval < 0:
		return fmt.Errorf("--audit-interval: invalid value %s, expected 0s or more", f.interval)
	case f.evict < 0 || f.evict > missed.MaxEvictionsPerMinute:
		return fmt.Errorf("--evict-missed: invalid value %d, expected 0 to %d", f.evict, missed.MaxEvictionsPerMinute)
	case f.evict > 0 && f.interval == 0:
		return fmt.Errorf("--evict-missed: %d cannot be used together with --audit-interval 0, which looks for no pods", f.evict)
	case f.evict > 0 && offline:
		return fmt.Errorf("--evict-missed: %d cannot be used together with --manifests, because pods are in a cluster", f.evict)
	}
	return nil
}

// addAuditor makes what looks for missed pods, unless it is switched off or nothing is injected anyway.
func (p *parts) addAuditor(options *serveOptions, gates featuregate.FeatureGate, config *rest.Config, log logr.Logger) error {
	if options.audit.interval == 0 || !gates.Enabled(webhook.PodWebhook) {
		return nil
	}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = 50, 100 // up to five requests an eviction, of which there are up to ten a second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the audit: %w", err)
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the audit: %w", err)
	}
	p.auditor, err = missed.New(client, metadataClient, missed.Options{
		Begin: func(ctx context.Context) (missed.Judge, error) {
			return p.missedJudge(ctx, client, options)
		},
		Interval: options.audit.interval, EvictionsPerMinute: options.audit.evict,
		Namespace: options.namespace, Identity: instanceName(), Log: log,
	})
	if err != nil {
		return err
	}
	p.view.OnChange(p.auditor.Changed)
	return nil
}

// untilReady is the time between two questions whether the server is ready.
const untilReady = time.Second

// runAuditor looks until ctx ends, once the server has been ready: a replica that could not inject the pods in the place of those that it
// evicts must not be elected. Whatever happens to it, admission goes on.
func (p *parts) runAuditor(ctx context.Context, ready webhook.Check, log logr.Logger) {
	if p.auditor == nil {
		return
	}
	for ready() != nil {
		if !sleep(ctx, untilReady) {
			return
		}
	}
	if err := p.auditor.Run(ctx); err != nil {
		log.Error(err, "pods without their sidecars are not looked for")
	}
}

// missedJudge says which SidecarSets pods went without although the webhook configuration sends them.
func (p *parts) missedJudge(ctx context.Context, client kubernetes.Interface, options *serveOptions) (missed.Judge, error) {
	if len(p.view.SidecarSets()) == 0 {
		return nil, nil
	}
	entries, err := ownPodWebhooks(ctx, client, options)
	if err != nil {
		return nil, err
	}
	how := audit.Options{Engine: p.engine, View: p.view, KeptOut: keptOut(entries, p.view)}
	if options.clashes.container == inject.ClashKeep.String() {
		how.Whole = func(ctx context.Context, namespace, name string) ([]byte, bool, error) {
			return pods.Whole(ctx, client.CoreV1(), namespace, name)
		}
	}
	scan, err := audit.NewScan(how)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, pod []byte) (sidecarSets []string, err error) {
		found, err := scan.Pod(ctx, pod)
		for _, f := range found {
			if f.Kind == audit.Missed {
				sidecarSets = append(sidecarSets, f.SidecarSet)
			}
		}
		return sidecarSets, err
	}, nil
}

// ownPodWebhooks gives the entries by which pods reach this server. While there are none, because somebody has taken the configuration away,
// those of the endpoint table say which pods should.
func ownPodWebhooks(ctx context.Context, client kubernetes.Interface, options *serveOptions) ([]podWebhook, error) {
	var found []admissionregistrationv1.MutatingWebhookConfiguration
	for _, name := range options.configurations {
		list, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{
			FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, name).String(),
		})
		if err != nil {
			return nil, fmt.Errorf("read webhook configuration %s: %w", name, err)
		}
		found = append(found, list.Items...)
	}
	if entries := podEntries(found); len(entries) > 0 {
		return entries, nil
	}
	mutating, _ := webhook.Configurations(webhook.ConfigurationOptions{
		Name: options.configurations[0], Namespace: options.namespace, Service: options.serviceName,
	})
	return podEntries([]admissionregistrationv1.MutatingWebhookConfiguration{*mutating}), nil
}
