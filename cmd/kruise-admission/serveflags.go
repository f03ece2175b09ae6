package main

import (
	"os"

	"github.com/spf13/pflag"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// podNamespaceEnv is the default of `serve --namespace`. The manifests set it to the namespace of the pod.
const podNamespaceEnv = "POD_NAMESPACE"

// defaultNamespace is where OpenKruise keeps its revisions and settings (spec/inject.md §3.1); podNamespaceEnv overrides it there
// and here.
const defaultNamespace = "kruise-system"

// flagGroup is flags that belong together, as docs/configuration.md shows them.
type flagGroup struct {
	name string
	add  func(flags *pflag.FlagSet)
}

func (o *serveOptions) flagGroups() []flagGroup {
	return []flagGroup{
		{"Where decisions come from", o.addSourceFlags},
		{"What is decided", o.addDecisionFlags},
		{"Clashes", o.clashes.add},
		{"Missed injections", o.audit.add},
		{"Listeners", o.addListenerFlags},
		{"Certificates", o.addCertificateFlags},
		{"Load and shutdown", o.addLoadFlags},
		{"Logs and traces", o.addLogFlags},
	}
}

func (o *serveOptions) addFlags(flags *pflag.FlagSet) {
	for _, group := range o.flagGroups() {
		group.add(flags)
	}
}

func (o *serveOptions) addSourceFlags(flags *pflag.FlagSet) {
	namespace := os.Getenv(podNamespaceEnv)
	if namespace == "" {
		namespace = defaultNamespace
	}
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "`file` that says how to reach the cluster; without it the service account of the pod is used")
	flags.StringArrayVar(&o.manifests, "manifests", nil, "decide by the manifests in this `path` (file or folder of YAML or JSON) instead of by a cluster; repeatable")
	flags.StringVar(&o.namespace, "namespace", namespace, "`namespace` of this server, its Service, its settings and the revisions of SidecarSets; default from POD_NAMESPACE")
}

func (o *serveOptions) addDecisionFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.config, "config", "", "`file` that configures delete protection; without it the kinds that OpenKruise protects are, as there")
	flags.StringVar(&o.featureGates, "feature-gates", "", "OpenKruise's feature gates, as a list of `Name=true|false`")
	flags.StringVar(&o.longNames, "long-names", longNamesRefuse,
		"what happens when a new CloneSet, StatefulSet or DaemonSet has a name that is too long for its pods or revisions: refuse it, or warn")
	flags.StringVar(&o.recordRevisions, "record-revisions", recordAuto,
		"whether the ControllerRevisions of SidecarSets are recorded, which pinning needs: auto (while OpenKruise's manager does not run), on or off")
	flags.BoolVar(&o.narrowPods, "narrow-pods", false,
		"keep a match condition on the entry for pods, so that API servers ask only about pods that a SidecarSet or another step could concern")
}

func (o *serveOptions) addListenerFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.listenAddress, "listen-address", ":9443", "`address` of the HTTPS listener for webhooks; port 0 takes any free port")
	flags.StringVar(&o.tlsMinVersion, "tls-min-version", versionTLS13,
		"least version of TLS for webhooks: VersionTLS13, or VersionTLS12 for API servers whose FIPS mode knows no later one")
	flags.StringVar(&o.healthAddress, "health-address", ":8081", "`address` of /healthz and /readyz over plain HTTP; port 0 takes any free port, empty serves none")
	flags.StringVar(&o.metricsAddress, "metrics-address", ":8080", "`address` of Prometheus /metrics over plain HTTP; port 0 takes any free port, empty serves none")
	flags.StringVar(&o.pprofAddress, "pprof-address", "", "`address` of /debug/pprof over plain HTTP; empty serves none, which is the default because profiles show memory")
}

func (o *serveOptions) addCertificateFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.tlsCertFile, "tls-cert-file", "", "PEM `file` with the serving certificate, read again when it changes; without it the server manages its own")
	flags.StringVar(&o.tlsKeyFile, "tls-key-file", "", "PEM `file` with the key of --tls-cert-file")
	flags.StringVar(&o.serviceName, "service-name", webhook.DefaultServiceName, "`name` of the Service in front of the server, which is in the self-managed certificate")
	flags.StringVar(&o.clusterDomain, "cluster-domain", "cluster.local", "DNS `domain` of the cluster, for the self-managed certificate")
	flags.StringSliceVar(&o.certNames, "certificate-names", nil, "further DNS `names` or IP addresses for the self-managed certificate")
	flags.StringSliceVar(&o.configurations, "webhook-configuration", []string{webhook.DefaultConfigurationName},
		"`names` of the MutatingWebhookConfigurations and ValidatingWebhookConfigurations whose caBundles the server keeps right; each may be of either kind or of both")
	o.lifetimes.add(flags)
}

func (o *serveOptions) addLoadFlags(flags *pflag.FlagSet) {
	flags.IntVar(&o.maxInFlight, "max-in-flight", webhook.DefaultMaxInFlight, "`number` of reviews decided at once; more are answered 503 with Retry-After")
	flags.DurationVar(&o.drainDelay, "drain-delay", webhook.DefaultDrainDelay, "`time` to go on serving after SIGTERM, for endpoints to be taken out everywhere")
}

func (o *serveOptions) addLogFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.logLevel, "log-level", "info", "least important lines that are logged: debug, info, warn or error")
	flags.StringVar(&o.logFormat, "log-format", "json", "format of the log: json or text")
	flags.StringVar(&o.tracingEndpoint, "tracing-endpoint", "", "`host:port` of an OpenTelemetry collector that takes OTLP over plain HTTP, which gets a span of each review that the API server traces; empty traces nothing")
}

// complete offers the values of the flags that have only a few.
func (o *serveOptions) complete() map[string][]string {
	values := o.clashes.complete()
	values["long-names"] = []string{longNamesRefuse, longNamesWarn}
	values["record-revisions"] = []string{recordAuto, recordOn, recordOff}
	values["tls-min-version"] = []string{versionTLS12, versionTLS13}
	values["log-level"] = []string{"debug", "info", "warn", "error"}
	values["log-format"] = []string{"json", "text"}
	return values
}
