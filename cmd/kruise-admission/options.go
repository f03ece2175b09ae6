package main

import (
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// serveOptions are the flags of the serve command.
type serveOptions struct {
	listenAddress  string
	healthAddress  string
	metricsAddress string
	pprofAddress   string

	tracingEndpoint string

	config     string
	manifests  []string
	kubeconfig string
	namespace  string

	tlsCertFile    string
	tlsKeyFile     string
	serviceName    string
	clusterDomain  string
	certNames      []string
	configurations string
	lifetimes      lifetimeFlags

	featureGates    string
	clashes         clashFlags
	longNames       string
	recordRevisions string
	audit           auditFlags
	narrowPods      bool
	maxInFlight     int
	drainDelay      time.Duration

	logLevel  string
	logFormat string
}

// defaultNamespace is where OpenKruise keeps its revisions and settings (spec/inject.md §3.1); POD_NAMESPACE overrides it there
// and here.
const defaultNamespace = "kruise-system"

func (o *serveOptions) addFlags(flags *pflag.FlagSet) {
	namespace := os.Getenv("POD_NAMESPACE")
	if namespace == "" {
		namespace = defaultNamespace
	}
	flags.StringVar(&o.listenAddress, "listen-address", ":9443", "`address` of the HTTPS listener for webhooks; port 0 takes any free port")
	flags.StringVar(&o.healthAddress, "health-address", ":8081", "`address` of /healthz and /readyz over plain HTTP; port 0 takes any free port, empty serves none")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8080", "`address` of Prometheus /metrics over plain HTTP; port 0 takes any free port, empty serves none")
	flags.StringVar(&o.pprofAddress, "pprof-address", "", "`address` of /debug/pprof over plain HTTP; empty serves none, which is the default because profiles show memory")
	flags.StringVar(&o.tracingEndpoint, "tracing-endpoint", "", "`host:port` of an OpenTelemetry collector that takes OTLP over plain HTTP, which gets a span of each review that the API server traces; empty traces nothing")

	flags.StringVar(&o.config, "config", "", "`file` that configures delete protection; without it the kinds that OpenKruise protects are, as there")
	flags.StringArrayVar(&o.manifests, "manifests", nil, "decide by the manifests in this `path` (file or folder of YAML or JSON) instead of by a cluster; repeatable")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster; without it the service account of the pod is used")
	flags.StringVar(&o.namespace, "namespace", namespace, "`namespace` of this server, its Service, its settings and the revisions of SidecarSets; default from POD_NAMESPACE")

	flags.StringVar(&o.tlsCertFile, "tls-cert-file", "", "PEM `file` with the serving certificate, read again when it changes; without it the server manages its own")
	flags.StringVar(&o.tlsKeyFile, "tls-key-file", "", "PEM `file` with the key of --tls-cert-file")
	flags.StringVar(&o.serviceName, "service-name", webhook.DefaultServiceName, "`name` of the Service in front of the server, which is in the self-managed certificate")
	flags.StringVar(&o.clusterDomain, "cluster-domain", "cluster.local", "DNS `domain` of the cluster, for the self-managed certificate")
	flags.StringSliceVar(&o.certNames, "certificate-names", nil, "further DNS `names` or IP addresses for the self-managed certificate")
	flags.StringVar(&o.configurations, "webhook-configuration", webhook.DefaultConfigurationName,
		"`name` of the MutatingWebhookConfiguration and the ValidatingWebhookConfiguration whose caBundle the server keeps right")
	o.lifetimes.add(flags)

	flags.StringVar(&o.featureGates, "feature-gates", "", "OpenKruise's feature gates, as a list of `Name=true|false`")
	o.clashes.add(flags)
	flags.StringVar(&o.longNames, "long-names", longNamesRefuse,
		"what happens when a new CloneSet, StatefulSet or DaemonSet has a name that is too long for its pods or revisions: refuse it, or warn")
	flags.StringVar(&o.recordRevisions, "record-revisions", recordAuto,
		"whether the ControllerRevisions of SidecarSets are recorded, which pinning needs: auto (while OpenKruise's manager does not run), on or off")
	o.audit.add(flags)
	flags.BoolVar(&o.narrowPods, "narrow-pods", false,
		"keep a match condition on the entry for pods, so that API servers ask only about pods that a SidecarSet or another step could concern")
	flags.IntVar(&o.maxInFlight, "max-in-flight", webhook.DefaultMaxInFlight, "`number` of reviews decided at once; more are answered 503 with Retry-After")
	flags.DurationVar(&o.drainDelay, "drain-delay", webhook.DefaultDrainDelay, "`time` to go on serving after SIGTERM, for endpoints to be taken out everywhere")

	flags.StringVar(&o.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.StringVar(&o.logFormat, "log-format", "json", "json or text")
}

// validate reports the first flag whose value cannot work, by flag and value.
func (o *serveOptions) validate() error {
	for _, address := range []struct {
		flag, value string
		optional    bool
	}{
		{"--listen-address", o.listenAddress, false},
		{"--health-address", o.healthAddress, true},
		{"--metrics-address", o.metricsAddress, true},
		{"--pprof-address", o.pprofAddress, true},
	} {
		if address.optional && address.value == "" {
			continue
		}
		if _, err := net.ResolveTCPAddr("tcp", address.value); err != nil || address.value == "" {
			return fmt.Errorf("%s: invalid value %q, expected host:port or :port", address.flag, address.value)
		}
	}
	if o.tracingEndpoint != "" {
		if err := validTracingEndpoint(o.tracingEndpoint); err != nil {
			return err
		}
	}
	if len(o.manifests) > 0 && o.kubeconfig != "" {
		return fmt.Errorf("--kubeconfig: %q cannot be used together with --manifests, which needs no cluster", o.kubeconfig)
	}
	for _, name := range []struct{ flag, value string }{
		{"--namespace", o.namespace},
		{"--service-name", o.serviceName},
	} {
		if problems := validation.IsDNS1123Label(name.value); len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", name.flag, name.value, problems[0])
		}
	}
	for _, name := range []struct{ flag, value string }{
		{"--cluster-domain", o.clusterDomain},
		{"--webhook-configuration", o.configurations},
	} {
		if problems := validation.IsDNS1123Subdomain(name.value); len(problems) > 0 {
			return fmt.Errorf("%s: invalid value %q: %s", name.flag, name.value, problems[0])
		}
	}
	if (o.tlsCertFile == "") != (o.tlsKeyFile == "") {
		return fmt.Errorf("--tls-cert-file: %q and --tls-key-file: %q: give both or neither", o.tlsCertFile, o.tlsKeyFile)
	}
	if _, err := o.clashes.policies(); err != nil {
		return err
	}
	if o.longNames != longNamesRefuse && o.longNames != longNamesWarn {
		return fmt.Errorf("--long-names: invalid value %q, expected %s or %s", o.longNames, longNamesRefuse, longNamesWarn)
	}
	if err := o.validateRecording(); err != nil {
		return err
	}
	if err := o.validateNarrowing(); err != nil {
		return err
	}
	if err := o.audit.validate(len(o.manifests) > 0); err != nil {
		return err
	}
	if o.maxInFlight < 1 {
		return fmt.Errorf("--max-in-flight: invalid value %d, expected 1 or more", o.maxInFlight)
	}
	if o.drainDelay < 0 {
		return fmt.Errorf("--drain-delay: invalid value %s, expected 0s or more", o.drainDelay)
	}
	if _, err := webhook.ParseGates(o.featureGates); err != nil {
		return fmt.Errorf("--feature-gates: invalid value %q: %w", o.featureGates, err)
	}
	return nil
}
