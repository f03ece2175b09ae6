package main

// In which namespace the server is whose decisions the commands foretell: the revisions of SidecarSets and the settings are there.

import (
	"cmp"
	"context"

	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// findServer fills in the namespace of the server when no flag says it. Files may have what is in it anywhere.
func (o *questionOptions) findServer(ctx context.Context, config *rest.Config) error {
	if o.serverNamespace != "" || o.offline() || config == nil {
		return nil
	}
	entries, err := podWebhooks(ctx, nil, config)
	if err != nil {
		return err
	}
	o.serverNamespace = cmp.Or(namespaceOfServer(entries), webhook.DefaultNamespace)
	return nil
}

// openKruiseConfiguration is the name of the configuration that OpenKruise's manager keeps.
const openKruiseConfiguration = "kruise-mutating-webhook-configuration"

// namespaceOfServer is the namespace of the Service that is asked about pods; empty when there is none. Beside OpenKruise this server counts;
// in its place it answers for OpenKruise's configuration.
func namespaceOfServer(entries []podWebhook) (namespace string) {
	for i := range entries {
		service, theirs := entries[i].ClientConfig.Service, entries[i].configuration == openKruiseConfiguration
		if service != nil && (namespace == "" || !theirs) {
			namespace = service.Namespace
		}
		if namespace != "" && !theirs {
			break
		}
	}
	return namespace
}
