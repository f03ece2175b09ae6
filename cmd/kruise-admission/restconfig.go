package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// restConfig says how to reach the cluster.
func restConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig != "" {
		config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
		if err != nil {
			return nil, fmt.Errorf("--kubeconfig: %q cannot be used: %w", kubeconfig, err)
		}
		return config, nil
	}
	config, err := rest.InClusterConfig()
	if errors.Is(err, rest.ErrNotInCluster) {
		return nil, usageError{errors.New("no cluster: this is not a pod; give --kubeconfig FILE, or --manifests PATH to decide without a cluster")}
	}
	if err != nil {
		return nil, fmt.Errorf("reach the cluster as a pod: %w", err)
	}
	if err := reachDirectly(config.Host); err != nil {
		return nil, fmt.Errorf("reach the cluster as a pod: %w", err)
	}
	return config, nil
}

// noProxyEnv names the hosts that Go's HTTP clients reach without the proxy of HTTPS_PROXY; they look at it once, with their first request.
const noProxyEnv = "NO_PROXY"

// reachDirectly keeps requests to the API server at address off a proxy. A pod may have HTTPS_PROXY for what is outside of the cluster, often
// without an exception for the API server, which no proxy outside can reach. It is done by the environment, because client-go shares no connection
// between clients of a configuration with a proxy function of its own.
func reachDirectly(address string) error {
	parsed, err := url.Parse(address)
	if err != nil {
		return err
	}
	others := cmp.Or(os.Getenv(noProxyEnv), os.Getenv(strings.ToLower(noProxyEnv)))
	return os.Setenv(noProxyEnv, strings.Trim(others+","+parsed.Hostname(), ","))
}
