// Package installation installs deploy/ into a control plane and runs replicas of the server as a cluster would.
//
// What is real: the manifests in deploy/, the binary, the rights (each replica has a token of the ServiceAccount and
// nothing more), the certificates (self-managed, published by the replicas), and the API server that calls them by their
// Service. What stands in for a cluster's nodes: the Deployment is only checked, because no kubelet would run its pods, and
// replicas are processes instead; the Service names localhost; and a [Balancer] does the work of kube-proxy: a new
// connection goes to a replica that is ready, an open connection stays where it is.
package installation
