package main

// Where answers come from: the rules of a server, with a view of files, of a cluster or of nothing.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/live"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// connect finds the cluster as kubectl does, makes sure that it answers, and takes the namespace of the context when none is given.
func (o *questionOptions) connect(ctx context.Context) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	client := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.context})
	config, err := client.ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err) || o.kubeconfig == "" && errors.Is(err, rest.ErrNotInCluster):
		remedy := "give --kubeconfig FILE"
		if o.instead != "" {
			remedy += ", or " + o.instead + " to decide by files"
		}
		return nil, usageError{errors.New("no cluster: there is no kubeconfig; " + remedy)}
	case err != nil && o.kubeconfig != "":
		return nil, inputError{fmt.Errorf("--kubeconfig: %q cannot be used: %s", o.kubeconfig, oneLine(err.Error()))}
	case err != nil:
		return nil, inputError{fmt.Errorf("the kubeconfig cannot be used: %s", oneLine(err.Error()))}
	}
	if o.namespace == "" {
		if o.namespace, _, err = client.Namespace(); err != nil {
			return nil, inputError{fmt.Errorf("the kubeconfig cannot be used: %w", err)}
		}
	}
	config.Timeout = o.timeout
	config.QPS = -1
	klog.SetLogger(logr.Discard()) // client-go says again, and worse, what the commands say
	asker, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, inputError{fmt.Errorf("the kubeconfig cannot be used: %w", err)}
	}
	if _, err := asker.RESTClient().Get().AbsPath("/version").DoRaw(ctx); err != nil {
		return nil, fmt.Errorf("the cluster at %s does not answer: %w", config.Host, err)
	}
	return config, nil
}

// engine makes the rules of a server for the options, with a view that is complete. config is nil without a cluster, asked is empty then.
func (o *questionOptions) engine(ctx context.Context, config *rest.Config, asked lookups, stderr io.Writer) (*parts, error) {
	gates, err := webhook.ParseGates(o.featureGates)
	if err != nil {
		return nil, usageError{err}
	}
	if o.namespace == "" {
		o.namespace = metav1.NamespaceDefault
	}
	if err := o.findServer(ctx, config); err != nil {
		return nil, err
	}
	failed := make(chan error, 1)
	p := &parts{}
	switch {
	case o.offline():
		p.view = manifests.New(manifests.Options{Paths: o.sidecarSets, Namespace: o.serverNamespace, Prepare: admitSidecarSet})
	case config == nil:
		p.view = newEmptyView()
	default:
		p.view, err = live.New(config, live.Options{Namespace: o.serverNamespace, Kinds: kindsFor(gates), OnError: reportTo(failed, stderr)})
	}
	if err != nil {
		return nil, err
	}
	serve := &serveOptions{namespace: o.serverNamespace, clashes: o.clashes}
	if err := p.addRules(serve, gates, asked, logr.New(warnings{stderr})); err != nil {
		return nil, err
	}
	return p, o.fill(ctx, p.view, failed)
}

// fill runs the source of a view until it has told everything.
func (o *questionOptions) fill(ctx context.Context, view cluster.Source, failed <-chan error) error {
	waiting, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	defer stop() // one answer needs no news
	filled, ended := make(chan struct{}), make(chan error, 1)
	once := sync.OnceFunc(func() { close(filled) })
	view.OnChange(func([]string) { once() }) // after the engine, which was registered before
	go func() { ended <- view.Run(running) }()
	select {
	case <-filled:
		return nil
	case err := <-ended:
		return inputError{fmt.Errorf("--sidecarsets: %w", err)}
	case err := <-failed:
		return err
	case <-waiting.Done():
		return fmt.Errorf("the SidecarSets were not read within %s: %w", o.timeout, waiting.Err())
	}
}

// reportTo passes on the first error that trying again will not mend. Others are only told: the source tries again.
func reportTo(failed chan<- error, stderr io.Writer) func(error) {
	var lock sync.Mutex
	return func(err error) {
		lock.Lock()
		defer lock.Unlock()
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) {
			select {
			case failed <- err:
			default:
			}
			return
		}
		_, _ = fmt.Fprintln(stderr, "warning: "+oneLine(err.Error()))
	}
}

// emptyView is a view without SidecarSets, in which every namespace exists.
type emptyView struct{ *cluster.Store }

func newEmptyView() emptyView {
	return emptyView{cluster.NewStore(func(_ context.Context, name string) (map[string]string, bool, error) {
		return map[string]string{corev1.LabelMetadataName: name}, true, nil
	})}
}

// Run implements cluster.Source.
func (v emptyView) Run(ctx context.Context) error {
	v.Filled()
	v.Deliver(ctx)
	return nil
}
