package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster/revisions"
)

// Values of --record-revisions.
const (
	recordAuto = "auto"
	recordOn   = "on"
	recordOff  = "off"
)

// validateRecording reports a value of --record-revisions that cannot work.
func (o *serveOptions) validateRecording() error {
	if !slices.Contains([]string{recordAuto, recordOn, recordOff}, o.recordRevisions) {
		return fmt.Errorf("--record-revisions: invalid value %q, expected auto, on or off", o.recordRevisions)
	}
	if o.recordRevisions == recordOn && len(o.manifests) > 0 {
		return fmt.Errorf("--record-revisions: %q cannot be used together with --manifests, because revisions are recorded in a cluster", o.recordRevisions)
	}
	return nil
}

// addRecorder makes what records the revisions of SidecarSets, unless it is switched off.
func (p *parts) addRecorder(options *serveOptions, config *rest.Config, log logr.Logger) error {
	if options.recordRevisions == recordOff {
		return nil
	}
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = 50, 100 // a first start may have thousands of SidecarSets to record
	recorder, err := revisions.New(config, revisions.Options{
		View:      p.view,
		Namespace: options.namespace,
		Identity:  instanceName(),
		Always:    options.recordRevisions == recordOn,
		Log:       log,
	})
	if err != nil {
		return err
	}
	p.view.OnChange(recorder.Changed)
	p.record = func(ctx context.Context) {
		// Whatever happens to revisions, admission goes on.
		if err := recorder.Run(ctx); err != nil {
			log.Error(err, "the revisions of SidecarSets are not recorded")
		}
	}
	return nil
}
