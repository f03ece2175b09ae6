package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

// ConfigurationsOptions say which objects hold the client configurations of API servers.
type ConfigurationsOptions struct {
	// Identity tells the client configurations that mean us from others in the same object.
	Identity Identity
	// Mutating and Validating name the webhook configurations. Empty: none of that kind. One that does not exist is waited for, and never
	// created; a name under which there is none of either kind is logged.
	Mutating, Validating []string
	// CRDs name CustomResourceDefinitions that may have a conversion webhook. Those that do not exist, or have no
	// conversion webhook, or one that is not ours, are left alone.
	CRDs []string
	// Serves says whether the server answers on a path. An entry that calls another one is left as it is, and reported: by the log, and by
	// Status. Default: every path is served.
	Serves func(path string) bool
	// Log receives what is published, and why something cannot be. Default: nothing.
	Log logr.Logger
	// Clock tells the time at which certificates are verified. Default: the real one.
	Clock clock.Clock
}

// Configurations are the objects by which API servers call us. They are watched one by one, by name, so that the
// server's role needs no access to others.
type Configurations struct {
	identity Identity
	client   dynamic.Interface
	serves   func(path string) bool
	log      logr.Logger
	clock    clock.Clock
	targets  []*target
	// changed holds a token when something was seen since it was last taken.
	changed chan struct{}
	// unseen counts the targets of which nothing is known yet.
	unseen atomic.Int32
}

// target is one watched object.
type target struct {
	resource schema.GroupVersionResource
	name     string
	// required says that it is there to call us: one that exists and calls only others is a fault.
	required bool
	// latest is the target as it was last seen; nil before that.
	latest atomic.Pointer[sighting]
	// writes keeps the peace with somebody who undoes ours.
	writes flowcontrol.PassiveRateLimiter
	// watchError is why it cannot be watched; it matters until it was seen.
	watchError atomic.Pointer[error]
	// published is when this replica last wrote it.
	published atomic.Pointer[time.Time]
	// unserved is what was last said of entries that nobody answers. It belongs to the goroutine that watches.
	unserved string
}

// sighting is a target at one time; object is nil when there is none.
type sighting struct{ object *unstructured.Unstructured }

// String names a target for people.
func (t *target) String() string {
	return fmt.Sprintf("%s %q", strings.TrimSuffix(t.resource.Resource, "s"), t.name)
}

// NewConfigurations prepares to watch; Run starts.
func NewConfigurations(client dynamic.Interface, options ConfigurationsOptions) (*Configurations, error) {
	if err := options.Identity.Validate(); err != nil {
		return nil, err
	}
	c := &Configurations{
		identity: options.Identity,
		client:   client,
		serves:   options.Serves,
		log:      options.Log,
		clock:    options.Clock,
		changed:  make(chan struct{}, 1),
	}
	if c.clock == nil {
		c.clock = clock.RealClock{}
	}
	if c.serves == nil {
		c.serves = func(string) bool { return true }
	}
	admission := schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: "v1"}
	for _, name := range options.Mutating {
		c.add(admission.WithResource("mutatingwebhookconfigurations"), name, true)
	}
	for _, name := range options.Validating {
		c.add(admission.WithResource("validatingwebhookconfigurations"), name, true)
	}
	for _, name := range options.CRDs {
		crds := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
		c.add(crds, name, false)
	}
	return c, nil
}

func (c *Configurations) add(resource schema.GroupVersionResource, name string, required bool) {
	c.targets = append(c.targets, &target{resource: resource, name: name, required: required, writes: writeBudget(c.clock)})
	c.unseen.Add(1)
}

// writeBudget allows ten writes of one object at once, and then one in two seconds: enough for any honest change, and
// two controllers that want different things do not wear the API server out.
func writeBudget(clock clock.PassiveClock) flowcontrol.PassiveRateLimiter {
	return flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(0.5, 10, clock)
}

// keepClientConfigs drops what clientConfigs does not read: the schemas of a CRD can take a megabyte.
func keepClientConfigs(full *unstructured.Unstructured) *unstructured.Unstructured {
	small := &unstructured.Unstructured{Object: map[string]any{}}
	small.SetAPIVersion(full.GetAPIVersion())
	small.SetKind(full.GetKind())
	small.SetName(full.GetName())
	small.SetResourceVersion(full.GetResourceVersion())
	if certificate, ok := full.GetAnnotations()[InjectAnnotation]; ok {
		small.SetAnnotations(map[string]string{InjectAnnotation: certificate})
	}
	if webhooks, ok := full.Object["webhooks"]; ok {
		small.Object["webhooks"] = webhooks
	}
	if spec, ok := full.Object["spec"].(map[string]any); ok {
		small.Object["spec"] = map[string]any{"conversion": spec["conversion"]}
	}
	return small
}

// Run watches until ctx ends.
func (c *Configurations) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	for _, t := range c.targets {
		running.Go(func() {
			follow.Follow(ctx, c.client.Resource(t.resource), follow.Object{
				Name: t.name, Example: &unstructured.Unstructured{}, Log: c.log,
				Seen: func(object any) { c.saw(t, object) },
				Failed: func(err error) {
					t.watchError.Store(&err)
					c.log.V(1).Info("watch interrupted, trying again", "resource", t.resource.Resource, "name", t.name, "reason", err.Error())
				},
			})
		})
	}
}

// saw takes over how a target is now.
func (c *Configurations) saw(t *target, object any) {
	var latest sighting
	if full, ok := object.(*unstructured.Unstructured); ok {
		latest.object = keepClientConfigs(full)
	}
	first := t.latest.Swap(&latest) == nil
	if first && c.unseen.Add(-1) == 0 {
		c.tellAbsent()
	}
	c.signal()
	if latest.object != nil {
		c.tellUnserved(t, latest.object)
	}
}

// tellAbsent logs the names under which there is no webhook configuration. Most names are of one kind only: OpenKruise's two configurations
// have two names, and a second chance is for mutation alone.
func (c *Configurations) tellAbsent() {
	exists := map[string]bool{}
	for _, t := range c.targets {
		if t.required {
			exists[t.name] = exists[t.name] || t.latest.Load().object != nil
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exists)) {
		if !exists[name] {
			c.log.Info("there is no webhook configuration of this name yet; install it when a replica is ready", "name", name)
		}
	}
}

func (c *Configurations) signal() {
	select {
	case c.changed <- struct{}{}:
	default: // a token is there already
	}
}

// publish puts bundle where the snapshot says that it is missing. One target that fails does not stop the others.
func (c *Configurations) publish(ctx context.Context, s snapshot, bundle []byte) error {
	var faults []error
	for _, o := range s.objects {
		patch, changes, err := caBundlePatch(o.resourceVersion, o.configs, bundle)
		if err != nil || changes == 0 {
			faults = append(faults, err)
			continue
		}
		if !o.target.writes.TryAccept() {
			faults = append(faults, fmt.Errorf("%s: somebody keeps changing its caBundle; find the field manager in its managedFields", o.target))
			continue
		}
		_, err = c.client.Resource(o.target.resource).Patch(ctx, o.target.name, types.JSONPatchType, patch,
			metav1.PatchOptions{FieldManager: FieldManager})
		switch {
		case apierrors.IsNotFound(err):
			// The deletion is on its way to us as an event.
		case err != nil:
			faults = append(faults, fmt.Errorf("publish the CA bundle in %s: %w", o.target, err))
		default:
			now := c.clock.Now()
			o.target.published.Store(&now)
			c.log.Info("published the CA bundle", "resource", o.target.resource.Resource, "name", o.target.name, "clientConfigs", changes)
		}
	}
	return errors.Join(faults...)
}

// Verify returns nil when every API server that calls us by one of the configurations would accept certificate now.
func (c *Configurations) Verify(certificate *tls.Certificate) error {
	s := c.observe()
	if err := s.complete(); err != nil {
		return err
	}
	return s.verify(certificate, c.clock.Now())
}
