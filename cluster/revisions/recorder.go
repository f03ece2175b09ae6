package revisions

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/workqueue"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/election"
	"github.com/kruise-admission/kruise-admission/survive"
)

// LeaseName is the name of the Lease in the server's namespace whose holder records.
const LeaseName = "kruise-admission-revisions"

// How long to wait before a failed SidecarSet is tried again: at first, and at most.
const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// Options configures a Recorder.
type Options struct {
	// View is where SidecarSets and their revisions are read. Required. The recorder must also be told of its changes; see [Recorder.Changed].
	View cluster.View
	// Namespace is the server's namespace, where revisions are kept. Required.
	Namespace string
	// Identity tells replicas apart, for people who read the Lease: the name of the pod. Required; it need not be unique.
	Identity string
	// Always says that OpenKruise's manager is not looked for. Default: the recorder holds back while it runs.
	Always bool
	// Log gets what is done and what failed. Default: nothing is logged.
	Log logr.Logger
}

// Recorder records the ControllerRevisions of SidecarSets. Make it with [New].
type Recorder struct {
	options             Options
	candidate           *election.Candidate
	controllerRevisions appsv1.ControllerRevisionInterface
	metadata            metadata.Interface
	manager             *manager

	// filled is closed when the view is complete.
	filled chan struct{}
	fill   func()

	mu sync.Mutex
	// queue holds the SidecarSets to look at; nil while this replica does not record.
	queue workqueue.TypedRateLimitingInterface[string]
}

// New returns a recorder that has asked the API server nothing yet.
func New(config *rest.Config, options Options) (*Recorder, error) {
	for _, required := range []struct{ field, value string }{{"namespace", options.Namespace}, {"identity", options.Identity}} {
		if required.value == "" {
			return nil, fmt.Errorf("recorder of revisions: %s: required", required.field)
		}
	}
	if options.View == nil {
		return nil, errors.New("recorder of revisions: view: required")
	}
	if options.Log.GetSink() == nil {
		options.Log = logr.Discard()
	}
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("recorder of revisions: %w", err)
	}
	apps, err := appsv1.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("recorder of revisions: %w", err)
	}
	leases, err := coordinationv1.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("recorder of revisions: %w", err)
	}
	candidate, err := election.New(election.Options{
		Leases: leases, Namespace: options.Namespace, Lease: LeaseName, Identity: options.Identity,
	})
	if err != nil {
		return nil, fmt.Errorf("recorder of revisions: %w", err)
	}
	metadataClient, err := metadata.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, fmt.Errorf("recorder of revisions: %w", err)
	}
	filled := make(chan struct{})
	return &Recorder{
		options:             options,
		candidate:           candidate,
		controllerRevisions: apps.ControllerRevisions(options.Namespace),
		metadata:            metadataClient,
		manager:             newManager(leases, options.Namespace, options.Log),
		filled:              filled,
		fill:                sync.OnceFunc(func() { close(filled) }),
	}, nil
}

// Changed tells the recorder which SidecarSets changed; it is for [cluster.Source].OnChange. The first call says that the view is complete.
func (r *Recorder) Changed(sidecarSets []string) {
	r.fill()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.queue == nil {
		return
	}
	for _, name := range sidecarSets {
		r.queue.Add(name)
	}
}

// Run records until ctx ends, whenever this replica is the elected one. It returns an error only when it can never work.
func (r *Recorder) Run(ctx context.Context) error {
	ctx = logr.NewContext(ctx, r.options.Log) // for what client-go says
	select {
	case <-ctx.Done():
		return nil
	case <-r.filled:
	}
	return r.candidate.Run(ctx, r.lead)
}

// lead records until ctx ends, except while OpenKruise's manager runs.
func (r *Recorder) lead(ctx context.Context) {
	if r.options.Always {
		r.work(ctx)
		return
	}
	for ctx.Err() == nil {
		r.manager.await(ctx, false)
		alone, stop := context.WithCancel(ctx)
		var watch sync.WaitGroup
		watch.Go(func() {
			defer stop()
			r.manager.await(alone, true)
		})
		r.work(alone)
		stop()
		watch.Wait()
	}
}

// work looks at every SidecarSet, and at each again when it changes, until ctx ends.
func (r *Recorder) work(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[string](firstRetry, lastRetry))
	defer queue.ShutDown()
	defer context.AfterFunc(ctx, queue.ShutDown)()
	r.setQueue(queue)
	defer r.setQueue(nil)
	r.options.Log.Info("this replica records the revisions of SidecarSets")
	defer r.options.Log.Info("this replica no longer records the revisions of SidecarSets")
	for _, set := range r.options.View.SidecarSets() {
		queue.Add(set.Name)
	}
	for {
		name, down := queue.Get()
		if down || ctx.Err() != nil {
			return
		}
		if err := survive.Try(ctx, func() error { return r.record(ctx, name) }); err == nil {
			queue.Forget(name)
		} else if ctx.Err() == nil {
			r.report(name, err)
			queue.AddRateLimited(name)
		}
		queue.Done(name)
	}
}

func (r *Recorder) setQueue(queue workqueue.TypedRateLimitingInterface[string]) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue = queue
}

// report logs a failure. One that only says that somebody else was faster is no news.
func (r *Recorder) report(name string, err error) {
	if errors.Is(err, errOutdated) {
		r.options.Log.V(1).Info("a SidecarSet is looked at again", "sidecarSet", name, "why", err.Error())
		return
	}
	r.options.Log.Error(err, "the revision of a SidecarSet cannot be recorded; it is tried again", "sidecarSet", name)
}
