package main

import (
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/certs"
	"github.com/kruise-admission/kruise-admission/certs/certmanager"
	"github.com/kruise-admission/kruise-admission/protection"
)

func (o *generateOptions) addCertManagerFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.clusterDomain, "cluster-domain", certs.DefaultClusterDomain, "DNS `domain` of the cluster, for the certificate that cert-manager issues")
	flags.BoolVar(&o.certManager, "cert-manager", false, "mark the webhook configurations for cert-manager's cainjector, which then writes their caBundles")
}

// certManager says what cert-manager should issue. Its objects have the name of the webhook configurations, as in the chart.
func (o *generateOptions) certManagerOptions() certmanager.Options {
	return certmanager.Options{
		Name:     o.configurations,
		Identity: certs.Identity{Service: o.serviceName, Namespace: o.namespace, ClusterDomain: o.clusterDomain},
		Labels:   manifestLabels,
	}
}

func (o *generateOptions) certManagerObjects(*protection.Table) ([]runtime.Object, error) {
	return o.certManagerOptions().Objects(), nil
}

func (o *generateOptions) injectAnnotations() map[string]string {
	key, value := o.certManagerOptions().InjectAnnotation()
	return map[string]string{key: value}
}
