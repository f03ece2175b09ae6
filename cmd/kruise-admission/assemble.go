package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/component-base/featuregate"
	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	policyv1beta1 "github.com/kruise-admission/kruise-admission/api/policy/v1beta1"
	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/cluster/dependents"
	"github.com/kruise-admission/kruise-admission/cluster/ledger"
	"github.com/kruise-admission/kruise-admission/cluster/live"
	"github.com/kruise-admission/kruise-admission/cluster/manifests"
	"github.com/kruise-admission/kruise-admission/cluster/missed"
	"github.com/kruise-admission/kruise-admission/cluster/pods"
	"github.com/kruise-admission/kruise-admission/cluster/podtemplate"
	"github.com/kruise-admission/kruise-admission/cluster/resourcedryrun"
	"github.com/kruise-admission/kruise-admission/cluster/storageclasses"
	"github.com/kruise-admission/kruise-admission/cluster/workloads"
	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/defaults"
	"github.com/kruise-admission/kruise-admission/inject"
	"github.com/kruise-admission/kruise-admission/validate"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// parts are what a server is put together from.
type parts struct {
	view cluster.Source
	// awaitsConversion says whether the view is incomplete only because no replica is there to convert for the API server.
	awaitsConversion func(ctx context.Context) (bool, error)
	certificate      certificateSource
	protection       *webhook.Protection
	budgets          *webhook.Budgets
	rules            webhook.Rules
	// engine is what injects sidecars, whatever the feature gates say.
	engine *inject.Engine
	// snapshots watches what the engine makes of changes.
	snapshots *snapshotMetrics
	// auditor looks for pods that went without their sidecars; nil when that is switched off.
	auditor *missed.Auditor
	// record keeps the revisions of SidecarSets, if that is for this server to do, until ctx ends.
	record func(ctx context.Context)
	// narrow keeps the match condition of pods, if there is a cluster, until ctx ends.
	narrow func(ctx context.Context)
}

type certificateSource interface {
	certs.Source
	certs.HealthChecker
}

// decidable says why no review can be decided yet.
func (p *parts) decidable() error {
	if !p.view.Synced() {
		return errors.New("the view of the cluster is not complete yet")
	}
	return nil
}

// lookups are the questions that only a connected server can ask; all are nil without a cluster.
type lookups struct {
	templates  *podtemplate.Checker
	resources  *resourcedryrun.Checker
	pods       *pods.Reader
	classes    *storageclasses.Reader
	dependents *dependents.Live
	wholePods  *pods.Running
	workloads  *workloads.Reader
	spreads    *spreadLedger
	budgets    *budgetLedger
	events     *webhook.EventRecorder
}

// assemble puts the server together, with a cluster or, when manifests are given, without.
func assemble(options *serveOptions, gates featuregate.FeatureGate, log logr.Logger) (*parts, error) {
	p, asked := &parts{record: func(context.Context) {}, narrow: func(context.Context) {}}, lookups{}
	var config *rest.Config
	if len(options.manifests) > 0 {
		if err := p.offline(options, log); err != nil {
			return nil, err
		}
	} else {
		var err error
		if config, err = restConfig(options.kubeconfig); err != nil {
			return nil, err
		}
		if err := p.connected(options, gates, config, log); err != nil {
			return nil, err
		}
		if err := p.addRecorder(options, config, log.WithName("revisions")); err != nil {
			return nil, err
		}
		if err := p.addNarrower(options, gates, config, log.WithName("narrow")); err != nil {
			return nil, err
		}
		if asked, err = newLookups(config, options.namespace); err != nil {
			return nil, err
		}
	}
	if err := p.addRules(options, gates, asked, log); err != nil || config == nil {
		return p, err
	}
	return p, p.addAuditor(options, gates, config, log.WithName("audit"))
}

// offline takes the view from manifests.
func (p *parts) offline(options *serveOptions, log logr.Logger) error {
	log = log.WithName("manifests")
	p.awaitsConversion = func(context.Context) (bool, error) { return false, nil }
	p.view = manifests.New(manifests.Options{
		Paths:     options.manifests,
		Namespace: options.namespace,
		Prepare:   admitSidecarSet,
		OnLoad: func(s manifests.Summary) {
			log.Info("loaded", "files", s.Files, "sidecarSets", s.SidecarSets, "revisions", s.ControllerRevisions,
				"namespaces", s.Namespaces, "policies", s.Policies, "settings", s.Settings, "ignored", s.Ignored)
		},
		OnError: func(err error) {
			log.Error(err, "the manifests cannot be taken over; the last good state stays in use")
		},
	})
	var err error
	if options.tlsCertFile != "" {
		p.certificate, err = certs.NewFiles(certs.FilesOptions{
			CertFile: options.tlsCertFile, KeyFile: options.tlsKeyFile, Log: log.WithName("certs"),
		})
		return err
	}
	identity := options.identity()
	identity.ExtraNames = append(identity.ExtraNames, "127.0.0.1", "::1")
	p.certificate, err = certs.NewEphemeral(identity, clock.RealClock{})
	return err
}

// connected takes the view from an API server and publishes the certificate authority there.
func (p *parts) connected(options *serveOptions, gates featuregate.FeatureGate, config *rest.Config, log logr.Logger) error {
	view, err := live.New(config, live.Options{Namespace: options.namespace, Kinds: kindsFor(gates), Logger: log.WithName("view")})
	if err != nil {
		return err
	}
	hosts := append([]string{options.identity().ServerName()}, options.certNames...)
	p.view, p.awaitsConversion = view, func(ctx context.Context) (bool, error) {
		return view.AwaitsConversion(ctx, options.serviceName, hosts)
	}
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for webhook configurations: %w", err)
	}
	log = log.WithName("certs")
	configurations, err := certs.NewConfigurations(dynamicClient, certs.ConfigurationsOptions{
		Identity:   options.identity(),
		Mutating:   options.configurations,
		Validating: options.configurations,
		CRDs:       webhook.ConvertedCRDs(),
		Serves:     webhook.Serves,
		Log:        log,
	})
	if err != nil {
		return err
	}
	if options.tlsCertFile != "" {
		p.certificate, err = certs.NewFiles(certs.FilesOptions{
			CertFile: options.tlsCertFile, KeyFile: options.tlsKeyFile, Configurations: configurations, Log: log,
		})
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client for the certificate authority: %w", err)
	}
	p.certificate, err = certs.NewSelfManaged(client, configurations, options.lifetimes.on(certs.SelfManagedOptions{
		Identity: options.identity(), Log: log,
	}))
	return err
}

func (o *serveOptions) identity() certs.Identity {
	return certs.Identity{
		Service: o.serviceName, Namespace: o.namespace, ClusterDomain: o.clusterDomain, ExtraNames: o.certNames,
	}
}

func newLookups(config *rest.Config, namespace string) (lookups, error) {
	// The look-ups bound themselves; a request that waits for a client-side rate limit only runs into its deadline.
	unlimited := rest.CopyConfig(config)
	unlimited.QPS = -1
	client, err := kubernetes.NewForConfig(unlimited)
	if err != nil {
		return lookups{}, fmt.Errorf("make a client for pod templates: %w", err)
	}
	templates, err := podtemplate.New(client, podtemplate.Options{Namespace: namespace})
	if err != nil {
		return lookups{}, err
	}
	resources, err := resourcedryrun.New(client, namespace)
	if err != nil {
		return lookups{}, err
	}
	metadataClient, err := metadata.NewForConfig(unlimited)
	if err != nil {
		return lookups{}, fmt.Errorf("make a client for pod metadata: %w", err)
	}
	below, err := dependents.NewForConfig(unlimited)
	if err != nil {
		return lookups{}, err
	}
	dynamicClient, err := dynamic.NewForConfig(unlimited)
	if err != nil {
		return lookups{}, fmt.Errorf("make a client for budgets and WorkloadSpreads: %w", err)
	}
	workloadReader, err := newWorkloadReader(unlimited)
	if err != nil {
		return lookups{}, err
	}
	return lookups{
		workloads: workloadReader, spreads: ledger.New[v1beta1.WorkloadSpread](dynamicClient, cluster.WorkloadSpreadKind),
		budgets:   ledger.New[policyv1beta1.PodUnavailableBudget](dynamicClient, cluster.PodUnavailableBudgetKind),
		templates: templates, resources: resources, pods: pods.NewReader(metadataClient), dependents: below,
		classes:   storageclasses.NewReader(client.StorageV1(), metadataClient),
		wholePods: pods.NewRunning(client.CoreV1(), metadataClient), events: newEventRecorder(client),
	}, nil
}

// addRules makes the rules. A nil look-up must reach them as a nil interface, so each is given only when there is one.
func (p *parts) addRules(options *serveOptions, gates featuregate.FeatureGate, asked lookups, log logr.Logger) error {
	clashes, err := options.clashes.policies()
	if err != nil {
		return err
	}
	engine, err := inject.New(inject.Options{
		View:                 p.view,
		Clock:                time.Now,
		SortContainersByName: gates.Enabled(webhook.EnableSortSidecarContainerByName),
		Clashes:              clashes,
		ProbesMove:           gates.Enabled(webhook.EnhancedLivenessProbe),
		Broken: func(sidecarSet string, err error) {
			log.WithName("inject").Error(err, "a SidecarSet is ignored because it cannot be compiled", "sidecarSet", sidecarSet)
		},
	})
	if err != nil {
		return err
	}
	p.engine = engine
	pipeline, err := newPipeline(engine, p.view, gates, asked)
	if err != nil {
		return err
	}
	p.snapshots = newSnapshotMetrics()
	p.view.OnChange(p.snapshots.watch(engine.Changed))
	if p.protection, err = newProtection(options.config, gates, p.view, asked, log.WithName("protection")); err != nil {
		return err
	}
	p.rules = webhook.Rules{
		MutatePod: pipeline,
		Mutate:    map[string]decision.Reviewer{"sidecarsets": defaults.SidecarSet{}},
		Validate: map[string]decision.Reviewer{"sidecarsets": validate.SidecarSet{
			Cluster:                         p.view,
			PatchPodMetadataDefaultsAllowed: gates.Enabled(webhook.SidecarSetPatchPodMetadataDefaultsAllowed),
		}},
		Protect: p.protection,
	}
	addWorkloads(&p.rules, options, gates, asked)
	addUnitedDeployments(&p.rules, gates, asked)
	addResourceDistributions(&p.rules, gates, asked)
	addJobs(&p.rules, gates, asked)
	addNodeKinds(&p.rules, gates, p.view)
	p.addWorkloadSpreads(gates, asked)
	p.addBudgets(gates, asked, log.WithName("budgets"))
	if !gates.Enabled(webhook.PodWebhook) {
		p.rules.MutatePod = decision.ReviewerFunc(func(context.Context, *admissionv1.AdmissionRequest) (decision.Decision, error) {
			return decision.Allow(), nil
		})
	}
	return nil
}
