package certs

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// DefaultClusterDomain is the DNS domain of almost every cluster.
const DefaultClusterDomain = "cluster.local"

// Identity is what callers know the server as: the names in its certificate, and the client configurations that mean
// it.
type Identity struct {
	// Service and Namespace name the Service in front of the server. API servers verify <service>.<namespace>.svc.
	Service, Namespace string
	// ClusterDomain is the cluster's DNS domain. Default: [DefaultClusterDomain].
	ClusterDomain string
	// ExtraNames are further DNS names or IP addresses, for callers that do not come through the Service
	// (clientConfig.url, port forwarding).
	ExtraNames []string
}

// Validate reports the first name that cannot be in a certificate.
func (i Identity) Validate() error {
	if faults := validation.IsDNS1035Label(i.Service); len(faults) > 0 {
		return fmt.Errorf("service name %q is not usable: %s", i.Service, faults[0])
	}
	if faults := validation.IsDNS1123Label(i.Namespace); len(faults) > 0 {
		return fmt.Errorf("namespace %q is not usable: %s", i.Namespace, faults[0])
	}
	if faults := validation.IsDNS1123Subdomain(i.clusterDomain()); len(faults) > 0 {
		return fmt.Errorf("cluster domain %q is not usable: %s", i.ClusterDomain, faults[0])
	}
	for _, name := range i.ExtraNames {
		if net.ParseIP(name) != nil || len(validation.IsWildcardDNS1123Subdomain(name)) == 0 {
			continue
		}
		if faults := validation.IsDNS1123Subdomain(name); len(faults) > 0 {
			return fmt.Errorf("extra name %q is neither an IP address nor a DNS name: %s", name, faults[0])
		}
	}
	return nil
}

// ServerName is the name that API servers verify when they call through the Service.
func (i Identity) ServerName() string { return i.Service + "." + i.Namespace + ".svc" }

func (i Identity) clusterDomain() string {
	if i.ClusterDomain == "" {
		return DefaultClusterDomain
	}
	return i.ClusterDomain
}

// ServiceNames are the names of the Service that a certificate must have: the one that API servers verify, and the whole one.
func (i Identity) ServiceNames() []string {
	return []string{i.ServerName(), i.ServerName() + "." + i.clusterDomain()}
}

// dnsNames are the DNS names of the certificate. localhost is for probes and port forwarding.
func (i Identity) dnsNames() []string {
	names := append(i.ServiceNames(), "localhost")
	for _, name := range i.ExtraNames {
		if net.ParseIP(name) == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ips are the IP addresses of the certificate.
func (i Identity) ips() []net.IP {
	var ips []net.IP
	for _, name := range i.ExtraNames {
		if ip := net.ParseIP(name); ip != nil {
			ips = append(ips, ip)
		}
	}
	return ips
}

// serverName returns the name that an API server verifies when it calls by this client configuration, and whether
// that is us: our Service, or a URL whose host is one of our names.
func (i Identity) serverName(clientConfig map[string]any) (string, bool) {
	if service, ok := clientConfig["service"].(map[string]any); ok {
		return i.ServerName(), service["name"] == i.Service && service["namespace"] == i.Namespace
	}
	text, _ := clientConfig["url"].(string)
	parsed, err := url.Parse(text)
	if err != nil {
		return "", false
	}
	host := strings.ToLower(parsed.Hostname())
	if ip := net.ParseIP(host); ip != nil {
		return host, slices.ContainsFunc(i.ips(), ip.Equal)
	}
	return host, slices.Contains(i.dnsNames(), host)
}

// calledPath is the path that an API server calls by this client configuration.
func calledPath(clientConfig map[string]any) string {
	path := ""
	if service, ok := clientConfig["service"].(map[string]any); ok {
		path, _ = service["path"].(string)
	} else if text, ok := clientConfig["url"].(string); ok {
		if parsed, err := url.Parse(text); err == nil {
			path = parsed.Path
		}
	}
	return "/" + strings.TrimPrefix(path, "/")
}
