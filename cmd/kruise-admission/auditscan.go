package main

// One look at everything.

import (
	"context"
	"fmt"
	"io"
	"slices"

	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/inject/audit"
	"github.com/kruise-admission/kruise-admission/protection"
)

// look reads the SidecarSets anew and judges every pod by them.
func (o *auditOptions) look(ctx context.Context, config *rest.Config, source auditSource, table *protection.Table, stderr io.Writer) (*auditReport, error) {
	engine, err := o.engine(ctx, config, lookups{}, stderr)
	if err != nil {
		return nil, err
	}
	entries, err := podWebhooks(ctx, o.webhooks, config)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		_, _ = fmt.Fprintln(stderr, "warning: no webhook configuration sends pods to a path where sidecars are injected: is the server installed?")
	}
	options := audit.Options{Engine: engine.engine, View: engine.view, KeptOut: keptOut(entries, engine.view)}
	if o.clashes.container == inject.ClashKeep.String() {
		options.Whole = source.whole
	}
	scan, err := audit.NewScan(options)
	if err != nil {
		return nil, err
	}
	report := &auditReport{SidecarSets: len(engine.view.SidecarSets()), Findings: []audit.Finding{}, Protected: []protectedObject{}}
	err = source.pods(ctx, func(page [][]byte) error {
		for _, pod := range page {
			found, err := scan.Pod(ctx, pod)
			if err != nil {
				return err
			}
			report.Findings = append(report.Findings, found...)
		}
		report.Pods += len(page)
		return nil
	})
	if err != nil {
		return nil, err
	}
	found, err := scan.SidecarSets(source.complete())
	if err != nil {
		return nil, err
	}
	report.Findings = append(report.Findings, found...)
	slices.SortFunc(report.Findings, audit.Compare)
	return report, report.addProtected(ctx, source, table)
}

// keptOut says why none of the entries sends a pod. Without any entry every pod is missed, and nothing is meant to be kept out.
func keptOut(entries []podWebhook, view cluster.View) func(context.Context, string, map[string]string) (string, error) {
	return func(ctx context.Context, namespace string, podLabels map[string]string) (string, error) {
		if len(entries) == 0 {
			return "", nil
		}
		verdicts, err := sentBy(ctx, entries, view, namespace, podLabels, nil)
		if err != nil {
			return "", err
		}
		for _, v := range verdicts {
			if v.Sends != "no" {
				return "", nil
			}
		}
		return fmt.Sprintf("webhook %s of %s: %s", verdicts[0].Webhook, verdicts[0].Configuration, verdicts[0].Why), nil
	}
}
