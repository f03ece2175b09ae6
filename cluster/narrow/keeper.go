package narrow

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/election"
)

const (
	// LeaseName is the name of the Lease in the server's namespace whose holder writes.
	LeaseName = "kruise-admission-narrow"
	// fieldManager is the name under which the condition is written.
	fieldManager = "kruise-admission-narrow"
	// settle is how long API servers get to see a condition that is stored.
	settle = 2 * time.Second
	// lookAgain is how soon a namespace is noticed that holds its first object of another step, of which no event tells.
	lookAgain = time.Second
)

// View is what a keeper asks about the cluster; a cluster.View is one.
type View interface {
	SidecarSets() []*v1beta1.SidecarSet
	SidecarSet(name string) (set *v1beta1.SidecarSet, stored []byte, ok bool)
	NamespacesInUse() []string
}

// Options configure a Keeper.
type Options struct {
	// View is the cluster. Required.
	View View
	// Enabled says whether a condition is kept; otherwise one that is there is taken away.
	Enabled bool
	// AllPods says that a step of pod admission concerns every pod, so that there is nothing to narrow.
	AllPods bool
	// Configuration is the name of the mutating webhook configuration. Required.
	Configuration string
	// Namespace is the server's, and Service the name of its Service. Required.
	Namespace, Service string
	// Identity is the name of this process in the Lease and in Events. Required.
	Identity string
	// Log gets what is written, and why something cannot be. Default: nothing.
	Log logr.Logger
}

// Keeper keeps the condition. Make it with [New].
type Keeper struct {
	options   Options
	client    kubernetes.Interface
	candidate *election.Candidate
	informer  cache.SharedIndexInformer
	writes    flowcontrol.PassiveRateLimiter // keeps the peace with somebody who undoes ours
	wake      chan struct{}
	filled    chan struct{}
	fill      func()

	mu sync.Mutex
	// changed are the SidecarSets of which a change has not been announced, with the time of it.
	changed map[string]time.Time
	// announced are the generations that need no announcement. nil before the first call of Changed, which names everything.
	announced map[types.UID]int64
}

// New returns a keeper that has asked the API server nothing yet. It fails when a required option is missing.
func New(client kubernetes.Interface, options Options) (*Keeper, error) {
	for _, required := range []struct{ field, value string }{{"configuration", options.Configuration}, {"service", options.Service}} {
		if required.value == "" {
			return nil, fmt.Errorf("narrow pods: %s: required", required.field)
		}
	}
	if options.View == nil {
		return nil, errors.New("narrow pods: view: required")
	}
	candidate, err := election.New(election.Options{
		Leases: client.CoordinationV1(), Namespace: options.Namespace, Lease: LeaseName, Identity: options.Identity,
	})
	if err != nil {
		return nil, fmt.Errorf("narrow pods: %w", err)
	}
	if options.Log.GetSink() == nil {
		options.Log = logr.Discard()
	}
	filled := make(chan struct{})
	k := &Keeper{
		options: options, client: client, candidate: candidate,
		writes: flowcontrol.NewTokenBucketPassiveRateLimiter(1, 20),
		wake:   make(chan struct{}, 1),
		filled: filled, fill: sync.OnceFunc(func() { close(filled) }),
		changed: map[string]time.Time{},
	}
	k.informer = informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTweakListOptions(func(list *metav1.ListOptions) {
		list.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, options.Configuration).String()
	})).Admissionregistration().V1().MutatingWebhookConfigurations().Informer()
	return k, nil
}

// Changed tells the keeper which SidecarSets changed; it is for cluster.Source.OnChange.
func (k *Keeper) Changed(names []string) {
	k.mu.Lock()
	first := k.announced == nil
	if first {
		k.announced = map[types.UID]int64{}
	}
	for _, name := range names {
		set, _, ok := k.options.View.SidecarSet(name)
		switch {
		case !ok:
			delete(k.changed, name)
		case first:
			k.announced[set.UID] = set.Generation
		case k.announced[set.UID] != set.Generation: // a new status is no change
			k.changed[name] = time.Now()
		}
	}
	k.mu.Unlock()
	k.fill()
	k.signal()
}

func (k *Keeper) signal() {
	select {
	case k.wake <- struct{}{}:
	default: // a token is there already
	}
}

// Run keeps the condition until ctx ends, whenever this replica is the elected one. It returns an error only when it can never work.
func (k *Keeper) Run(ctx context.Context) error {
	ctx = logr.NewContext(ctx, k.options.Log) // for what client-go says
	select {
	case <-ctx.Done():
		return nil
	case <-k.filled:
	}
	// Adding a handler fails only after the informer was stopped.
	_, _ = k.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { k.signal() },
		UpdateFunc: func(any, any) { k.signal() },
	})
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { k.informer.RunWithContext(ctx) })
	if !cache.WaitForCacheSync(ctx.Done(), k.informer.HasSynced) {
		return nil
	}
	if !k.options.Enabled {
		k.keep(ctx)
		return nil
	}
	return k.candidate.Run(ctx, k.keep)
}

// keep does one pass after each change, until ctx ends.
func (k *Keeper) keep(ctx context.Context) {
	if k.options.Enabled {
		k.options.Log.Info("this replica keeps the match condition of pods")
	}
	k.forgetOld()
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	var seen carried
	for ctx.Err() == nil {
		if err := k.try(ctx, &seen); err != nil && ctx.Err() == nil {
			k.options.Log.Error(err, "the match condition of pods cannot be kept, trying again")
		}
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-ticker.C:
		}
	}
}

// carried is since when the configuration has carried an expression.
type carried struct {
	expression string
	since      time.Time // zero: it does not
}

// try does one pass. Admission goes on in this process whatever happens here, so a panic is an error.
func (k *Keeper) try(ctx context.Context, seen *carried) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return k.pass(ctx, seen)
}

// pass writes the condition if it is not as it must be, and announces SidecarSets when it has been so for long enough.
func (k *Keeper) pass(ctx context.Context, seen *carried) error {
	pending := k.pending() // before the view is read, which then holds all of them
	expression := k.wanted()
	configuration := k.stored()
	if configuration == nil {
		return nil // its creation is an event
	}
	text, err := patch(configuration, k.options.Service, k.options.Namespace, expression)
	if err != nil {
		return err
	}
	if text != nil {
		seen.since = time.Time{}
		if !k.writes.TryAccept() {
			return fmt.Errorf("mutatingwebhookconfiguration %q: somebody keeps changing its match conditions; find the field manager in its managedFields",
				k.options.Configuration)
		}
		_, err := k.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Patch(ctx, configuration.Name, types.JSONPatchType, text,
			metav1.PatchOptions{FieldManager: fieldManager})
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			return nil // what changed it is on its way to us as an event
		}
		if err != nil {
			return err
		}
		k.options.Log.Info("wrote the match condition of pods", "allPods", expression == "", "length", len(expression))
		return nil
	}
	if seen.since.IsZero() || seen.expression != expression {
		*seen = carried{expression, time.Now()}
	}
	if k.options.Enabled && time.Since(seen.since) >= settle {
		return k.announce(ctx, pending)
	}
	return nil
}

// wanted is the expression as it should be, empty for all pods.
func (k *Keeper) wanted() string {
	if !k.options.Enabled || k.options.AllPods {
		return ""
	}
	if expression, ok := Expression(k.options.View.SidecarSets(), k.options.View.NamespacesInUse()); ok {
		return expression
	}
	return ""
}

// stored is the configuration as this replica knows it; nil when there is none.
func (k *Keeper) stored() *admissionregistrationv1.MutatingWebhookConfiguration {
	for _, object := range k.informer.GetStore().List() {
		if configuration, ok := object.(*admissionregistrationv1.MutatingWebhookConfiguration); ok && configuration.Name == k.options.Configuration {
			return configuration
		}
	}
	return nil
}
