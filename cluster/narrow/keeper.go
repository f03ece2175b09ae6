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
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/flowcontrol"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/cluster/election"
	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// LeaseName is the name of the Lease in the server's namespace whose holder writes.
	LeaseName = "kruise-admission-narrow"
	// fieldManager is the name under which the condition is written.
	fieldManager = "kruise-admission-narrow"
	// settleTime is how long API servers get to see a condition that is stored.
	settleTime = 2 * time.Second
	// lookAgain is how soon a namespace is noticed that holds its first object of another step, of which no event tells.
	lookAgain = time.Second
	// retryAfter is how soon a pass that failed is tried again when nothing happens.
	retryAfter = 10 * time.Second
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
	// Configurations are the names of the mutating webhook configurations, of which some may not exist. Required.
	Configurations []string
	// Paths are those by which API servers send us new pods. Required.
	Paths []string
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
	stored    []*configuration               // followed one by one, because the right to watch is by name
	writes    flowcontrol.PassiveRateLimiter // keeps the peace with somebody who undoes ours
	wake      chan struct{}
	filled    chan struct{}
	fill      func()

	mu sync.Mutex
	// changed are the SidecarSets of which a change has not been announced.
	changed map[string]change
	// announced are those that need no announcement. nil before the first call of Changed, which names everything.
	announced map[string]version
}

// version tells apart what is to be announced of one SidecarSet: a new status is not.
type version struct {
	uid        types.UID
	generation int64
}

func versionOf(set *v1beta1.SidecarSet) version { return version{set.UID, set.Generation} }

// change is a version and when it came.
type change struct {
	version
	at time.Time
}

// New returns a keeper that has asked the API server nothing yet. It fails when a required option is missing.
func New(client kubernetes.Interface, options Options) (*Keeper, error) {
	for _, required := range []struct {
		field   string
		missing bool
	}{
		{"view", options.View == nil}, {"configurations", len(options.Configurations) == 0}, {"paths", len(options.Paths) == 0},
		{"service", options.Service == ""},
	} {
		if required.missing {
			return nil, fmt.Errorf("narrow pods: %s: required", required.field)
		}
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
		changed: map[string]change{},
	}
	for _, name := range options.Configurations {
		k.stored = append(k.stored, &configuration{name: name, seen: make(chan struct{})})
	}
	return k, nil
}

// Changed tells the keeper which SidecarSets changed; it is for cluster.Source.OnChange.
func (k *Keeper) Changed(names []string) {
	k.mu.Lock()
	first := k.announced == nil
	if first {
		k.announced = map[string]version{}
	}
	for _, name := range names {
		set, _, ok := k.options.View.SidecarSet(name)
		switch {
		case !ok:
			delete(k.changed, name)
			delete(k.announced, name)
		case first:
			k.announced[name] = versionOf(set)
		case k.announced[name] != versionOf(set):
			k.changed[name] = change{versionOf(set), time.Now()}
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
	var running sync.WaitGroup
	defer running.Wait()
	for _, c := range k.stored {
		running.Go(func() { c.follow(ctx, k) })
	}
	for _, c := range k.stored {
		select {
		case <-ctx.Done():
			return nil
		case <-c.seen:
		}
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
	var seen carried
	for ctx.Err() == nil {
		wait := lookAgain
		if err := survive.Try(ctx, func() error { return k.pass(ctx, &seen) }); err != nil && ctx.Err() == nil {
			k.options.Log.Error(err, "the match condition of pods cannot be kept, trying again")
			wait = retryAfter
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-k.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// carried is since when all configurations have carried an expression.
type carried struct {
	expression string
	since      time.Time // zero: it does not
}

// pass keeps the condition, and lets in all pods when it cannot be made.
func (k *Keeper) pass(ctx context.Context, seen *carried) error {
	pending := k.pending() // before the view is read, which then holds all of them
	var expression string
	broken := survive.Try(ctx, func() error {
		expression = k.wanted()
		return nil
	})
	return errors.Join(broken, k.settle(ctx, expression, pending, seen))
}

// settle writes the condition where it is not as it must be, and announces SidecarSets when it has been so everywhere for long enough: a pod
// about which the first call has failed is sent again only by the condition of the second.
func (k *Keeper) settle(ctx context.Context, expression string, pending map[string]change, seen *carried) error {
	stored := k.existing()
	if len(stored) == 0 {
		return nil // the creation of one is an event
	}
	written := false
	for _, configuration := range stored {
		wrote, err := k.write(ctx, configuration, expression)
		if wrote || err != nil {
			seen.since, written = time.Time{}, true
		}
		if err != nil {
			return err
		}
	}
	if written {
		return nil
	}
	if seen.since.IsZero() || seen.expression != expression {
		*seen = carried{expression, time.Now()}
	}
	if k.options.Enabled && time.Since(seen.since) >= settleTime {
		return k.announce(ctx, pending)
	}
	return nil
}

// write gives a configuration the condition. wrote is false when it carries it already.
func (k *Keeper) write(ctx context.Context, configuration *admissionregistrationv1.MutatingWebhookConfiguration, expression string) (wrote bool, err error) {
	text, err := k.patch(configuration, expression)
	if err != nil || text == nil {
		return false, err
	}
	if !k.writes.TryAccept() {
		return false, fmt.Errorf("mutatingwebhookconfiguration %q: somebody keeps changing its match conditions; find the field manager in its managedFields",
			configuration.Name)
	}
	_, err = k.client.AdmissionregistrationV1().MutatingWebhookConfigurations().Patch(ctx, configuration.Name, types.JSONPatchType, text,
		metav1.PatchOptions{FieldManager: fieldManager})
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return true, nil // what changed it is on its way to us as an event
	}
	if err == nil {
		k.options.Log.Info("wrote the match condition of pods", "name", configuration.Name, "allPods", expression == "", "length", len(expression))
	}
	return true, err
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
