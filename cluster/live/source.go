package live

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/go-logr/logr"
	"k8s.io/client-go/dynamic"
	appsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	discoveryv1 "k8s.io/client-go/kubernetes/typed/discovery/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/cluster"
)

// Options configures a Source.
type Options struct {
	// Namespace is the server's namespace, the one that holds ControllerRevisions and settings. Required.
	Namespace string
	// Kinds are the namespaced kinds to watch. Default: none.
	Kinds cluster.Kinds
	// Logger gets what is worth knowing but no error, and what client-go says. Default: nothing is logged.
	Logger logr.Logger
	// OnError is told of every failed list, watch and look-up of the API's resources, and of every object that cannot be read. Calls may overlap.
	// Default: errors go to Logger.
	OnError func(error)
}

// Source is the [cluster.Source] that watches an API server. Make it with [New].
type Source struct {
	cluster.View
	store   *cluster.Store
	options Options

	dynamic   dynamic.Interface
	metadata  metadata.Interface
	revisions appsv1.ControllerRevisionInterface
	settings  corev1.ConfigMapInterface
	discovery rest.Interface
	endpoints discoveryv1.EndpointSliceInterface

	// watches keep the view current, and firstLists says how the first list of each stands.
	watches    []func(ctx context.Context, first *firstList)
	firstLists []*firstList
}

var _ cluster.Source = (*Source)(nil)

// New returns a source that has asked the API server nothing yet. It fails only when config cannot work. The timeout of config is
// not used, because it would cut watches off; and unless config says otherwise the client's own rate limit is lifted, because waiting pods are
// behind its requests and the API server has its own limits (API Priority and Fairness).
func New(config *rest.Config, options Options) (*Source, error) {
	if options.Namespace == "" {
		return nil, errors.New("live cluster view: namespace: required")
	}
	if options.Logger.GetSink() == nil {
		options.Logger = logr.Discard()
	}
	if options.OnError == nil {
		options.OnError = func(err error) { options.Logger.Error(err, "cluster view") }
	}
	s := &Source{options: options}
	if err := s.connect(config); err != nil {
		return nil, fmt.Errorf("live cluster view: %w", err)
	}
	s.store = cluster.NewStore((&namespaceLookup{get: s.getNamespace}).labels)
	s.View = s.store
	s.watches = append(s.namespacedWatches(), s.watchSidecarSets, s.watchRevisions, s.watchNamespaces, s.watchSettings)
	var missing atomic.Int32
	missing.Store(int32(len(s.watches)))
	for range s.watches {
		s.firstLists = append(s.firstLists, &firstList{arrived: func() {
			if missing.Add(-1) == 0 {
				s.store.Filled()
			}
		}})
	}
	return s, nil
}

func (s *Source) connect(config *rest.Config) error {
	config = rest.CopyConfig(config)
	config.Timeout = 0
	if config.QPS == 0 && config.RateLimiter == nil {
		config.QPS = -1
	}
	config.Wrap(ownPace)
	// One HTTP client, hence one connection, for all.
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return err
	}
	apps, err := appsv1.NewForConfigAndClient(config, http)
	if err != nil {
		return err
	}
	discovery, err := discoveryv1.NewForConfigAndClient(config, http)
	if err != nil {
		return err
	}
	core, err := corev1.NewForConfigAndClient(config, http)
	if err != nil {
		return err
	}
	if s.dynamic, err = dynamic.NewForConfigAndClient(config, http); err != nil {
		return err
	}
	if s.metadata, err = metadata.NewForConfigAndClient(config, http); err != nil {
		return err
	}
	s.revisions = apps.ControllerRevisions(s.options.Namespace)
	s.settings = core.ConfigMaps(s.options.Namespace)
	s.discovery = apps.RESTClient()
	s.endpoints = discovery.EndpointSlices(s.options.Namespace)
	return nil
}

// Synced implements [cluster.Source].
func (s *Source) Synced() bool { return s.store.Synced() }

// OnChange implements [cluster.Source].
func (s *Source) OnChange(listener func(sidecarSets []string)) { s.store.OnChange(listener) }

// Run implements [cluster.Source]. It never fails. A watch that is waiting for its next try ends up to some seconds after ctx; Run does
// not wait for it.
func (s *Source) Run(ctx context.Context) error {
	ctx = logr.NewContext(ctx, s.options.Logger)
	for i, watch := range s.watches {
		go watch(ctx, s.firstLists[i])
	}
	s.store.Deliver(ctx)
	return nil
}
