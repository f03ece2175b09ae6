package narrow

// What the keeper knows of the configurations that it keeps.

import (
	"context"
	"sync"
	"sync/atomic"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// configuration is a webhook configuration that is followed.
type configuration struct {
	name string
	// latest is how it was last seen; nil when there is none.
	latest atomic.Pointer[admissionregistrationv1.MutatingWebhookConfiguration]
	// seen is closed when it is known whether there is one.
	seen  chan struct{}
	first sync.Once
}

// follow keeps the configuration current until ctx ends.
func (c *configuration) follow(ctx context.Context, k *Keeper) {
	follow.Follow(ctx, k.client.AdmissionregistrationV1().MutatingWebhookConfigurations(), follow.Object{
		Name: c.name, Example: &admissionregistrationv1.MutatingWebhookConfiguration{}, Log: k.options.Log,
		Seen: func(object any) {
			latest, _ := object.(*admissionregistrationv1.MutatingWebhookConfiguration)
			c.latest.Store(latest)
			c.first.Do(func() { close(c.seen) })
			k.signal()
		},
		Failed: func(err error) {
			k.options.Log.V(1).Info("watch interrupted, trying again", "mutatingWebhookConfiguration", c.name, "reason", err.Error())
		},
	})
}

// existing are the configurations that there are, as this replica knows them.
func (k *Keeper) existing() (all []*admissionregistrationv1.MutatingWebhookConfiguration) {
	for _, c := range k.stored {
		if latest := c.latest.Load(); latest != nil {
			all = append(all, latest)
		}
	}
	return all
}
