package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/live"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// questionOptions are the flags that commands share which ask the engine: about what, and against which SidecarSets.
type questionOptions struct {
	files           []string
	sidecarSets     []string
	kubeconfig      string
	context         string
	namespace       string
	timeout         time.Duration
	serverNamespace string
	featureGates    string
	containerClash  string
}

func (o *questionOptions) addFileFlag(flags *pflag.FlagSet, what string) {
	flags.StringArrayVarP(&o.files, "filename", "f", nil, "`file`, folder, or - for standard input, with "+what+"; repeatable")
}

func (o *questionOptions) addClusterFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster; default: KUBECONFIG, else ~/.kube/config")
	flags.StringVar(&o.context, "context", "", "`name` of the context of the kubeconfig; default: the current one")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "`namespace` of objects that name none; default: that of the context, else default")
	flags.DurationVar(&o.timeout, "timeout", 30*time.Second, "`time` in which the cluster must answer")
}

var clashPolicies = []string{inject.ClashReplace.String(), inject.ClashKeep.String(), inject.ClashRefuse.String()}

func (o *questionOptions) addEngineFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.sidecarSets, "sidecarsets", nil,
		"`file` or folder with SidecarSets, and if wanted Namespaces, ControllerRevisions and the settings ConfigMap, instead of a cluster; repeatable")
	flags.StringVar(&o.serverNamespace, "server-namespace", defaultNamespace, "`namespace` where the revisions of SidecarSets and the settings are")
	flags.StringVar(&o.featureGates, "feature-gates", "", "feature gates of the server, as a list of `Name=true|false`")
	flags.StringVar(&o.containerClash, "container-clash", inject.ClashReplace.String(),
		"what happens when a pod's own container has the name of a sidecar, as for the server: replace, keep or refuse")
}

// offline says that files are asked and no cluster.
func (o *questionOptions) offline() bool { return len(o.sidecarSets) > 0 }

// validate reports the first flag whose value cannot work, by flag and value.
func (o *questionOptions) validate() error {
	for _, flag := range []struct{ name, value string }{{"--kubeconfig", o.kubeconfig}, {"--context", o.context}} {
		if o.offline() && flag.value != "" {
			return fmt.Errorf("%s: %q cannot be used together with --sidecarsets, which needs no cluster", flag.name, flag.value)
		}
	}
	return o.validateValues()
}

// validateValues reports the first flag whose value cannot work whatever the others are.
func (o *questionOptions) validateValues() error {
	for _, flag := range []struct{ name, value string }{{"--namespace", o.namespace}, {"--server-namespace", o.serverNamespace}} {
		if problems := validation.IsDNS1123Label(flag.value); flag.value != "" && len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", flag.name, flag.value, problems[0])
		}
	}
	if o.timeout <= 0 {
		return fmt.Errorf("--timeout: invalid value %s, expected more than 0s", o.timeout)
	}
	if _, err := webhook.ParseGates(o.featureGates); err != nil {
		return fmt.Errorf("--feature-gates: invalid value %q: %w", o.featureGates, err)
	}
	if _, err := inject.ParseClashPolicy(o.containerClash); o.containerClash != "" && err != nil {
		return fmt.Errorf("--container-clash: invalid value %q: %w", o.containerClash, err)
	}
	return nil
}

// connect finds the cluster as kubectl does, makes sure that it answers, and takes the namespace of the context when none is given.
func (o *questionOptions) connect(ctx context.Context) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	client := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.context})
	config, err := client.ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err) || o.kubeconfig == "" && errors.Is(err, rest.ErrNotInCluster):
		return nil, usageError{errors.New("no cluster: there is no kubeconfig; give --kubeconfig FILE, or files to decide without a cluster")}
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
	failed := make(chan error, 1)
	p := &parts{}
	switch {
	case o.offline():
		p.view = manifests.New(manifests.Options{Paths: o.sidecarSets, Namespace: o.serverNamespace, Prepare: admitSidecarSet})
	case config == nil:
		p.view = newEmptyView()
	default:
		p.view, err = live.New(config, live.Options{Namespace: o.serverNamespace, OnError: reportTo(failed, stderr)})
	}
	if err != nil {
		return nil, err
	}
	serve := &serveOptions{namespace: o.serverNamespace, containerClash: o.containerClash}
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

// warnings is a sink that writes for people what a server would log as an error, such as a SidecarSet that cannot be compiled.
type warnings struct{ out io.Writer }

// Init implements logr.LogSink.
func (warnings) Init(logr.RuntimeInfo) {}

// Enabled implements logr.LogSink.
func (warnings) Enabled(int) bool { return false }

// Info implements logr.LogSink.
func (warnings) Info(int, string, ...any) {}

// Error implements logr.LogSink.
func (w warnings) Error(err error, message string, keysAndValues ...any) {
	subject := ""
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		subject += fmt.Sprintf("%v %v: ", keysAndValues[i], keysAndValues[i+1])
	}
	_, _ = fmt.Fprintf(w.out, "warning: %s%s: %s\n", subject, message, oneLine(err.Error()))
}

// WithValues implements logr.LogSink.
func (w warnings) WithValues(...any) logr.LogSink { return w }

// WithName implements logr.LogSink.
func (w warnings) WithName(string) logr.LogSink { return w }

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

// toTerminal says whether output goes to a person who sees colours.
func toTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
