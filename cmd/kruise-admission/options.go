package main

import (
	"fmt"
	"net"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kruise-admission/kruise-admission/webhook"
)

// serveOptions are the flags of the serve command.
type serveOptions struct {
	listenAddress  string
	healthAddress  string
	metricsAddress string
	pprofAddress   string
	tlsMinVersion  string

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
	configurations []string
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
	if _, known := tlsVersions[o.tlsMinVersion]; !known {
		return fmt.Errorf("--tls-min-version: invalid value %q, expected %s or %s", o.tlsMinVersion, versionTLS12, versionTLS13)
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
	if problems := validation.IsDNS1123Subdomain(o.clusterDomain); len(problems) > 0 {
		return fmt.Errorf("--cluster-domain: invalid value %q: %s", o.clusterDomain, problems[0])
	}
	if err := validateConfigurations(o.configurations); err != nil {
		return err
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
