package main

// What the words of an API server that could not call a webhook mean.

import "strings"

// cause is why the API server could not call the server, and what to do.
type cause struct{ what, remedy string }

// callCauses are the causes by what the API server says, the more special words first. They come from Go's net, crypto/tls,
// crypto/x509 and net/http packages, from the service resolver of the API server and from its webhook client.
var callCauses = []struct {
	words []string // all of them
	cause cause
}{
	{[]string{"service \"", "\" not found"}, cause{
		"the Service that the configuration names does not exist",
		"correct clientConfig.service in the webhook configurations, or create the Service (deploy/manifests/20-service.yaml)"}},
	{[]string{"no service port"}, cause{
		"the configuration names a port that the Service does not have",
		"correct clientConfig.service.port in the webhook configurations, or the ports of the Service"}},
	{[]string{"no endpoints available"}, cause{
		"no replica behind the Service is ready",
		"see why the pods of the Deployment are not ready: kubectl describe pods, and their logs"}},
	{[]string{"no such host"}, cause{
		"the name of the Service, or of clientConfig.url, does not resolve (DNS)",
		"correct clientConfig, or the DNS of the nodes where API servers run"}},
	{[]string{"server misbehaving"}, cause{
		"the DNS server that the API server asks does not answer properly",
		"mend the DNS of the nodes where API servers run"}},
	{[]string{"lookup ", "i/o timeout"}, cause{
		"the DNS server that the API server asks does not answer",
		"mend the DNS of the nodes where API servers run"}},
	{[]string{"certificate signed by unknown authority"}, cause{
		"the caBundle of the configuration is of another authority than the certificate that is served",
		"the server repairs its own configurations within seconds, if it runs and may patch them: see its log; if a GitOps tool or cert-manager writes the caBundle, let only one write it"}},
	{[]string{"certificate has expired"}, cause{
		"the certificate that is served, or the authority in the caBundle, has expired or is not valid yet",
		"renew the certificate; a self-managed one renews itself while the server runs, so look at its log and at the clocks of the nodes"}},
	{[]string{"certificate is valid for"}, cause{
		"the certificate that is served is for other names than <service>.<namespace>.svc",
		"let the server know its names (--service-name, --namespace, --certificate-names), or issue the certificate for them"}},
	{[]string{"not valid for any names"}, cause{
		"the certificate that is served is for no name at all",
		"issue the certificate for <service>.<namespace>.svc, as a subject alternative name"}},
	{[]string{"x509:"}, cause{
		"the certificate that is served does not verify",
		"see the server's log; it is not ready while its certificate does not verify"}},
	{[]string{"first record does not look like a TLS handshake"}, cause{
		"something that does not speak TLS listens where the Service leads",
		"correct targetPort of the Service: webhooks are at port 9443 of the pods"}},
	{[]string{"server gave HTTP response to HTTPS client"}, cause{
		"something that does not speak TLS listens where the Service leads",
		"correct targetPort of the Service: webhooks are at port 9443 of the pods"}},
	{[]string{"remote error: tls:"}, cause{
		"the server refuses the TLS connection, most likely because it has no certificate yet",
		"see the server's log, and whether it may create its Secret"}},
	{[]string{"TLS handshake timeout"}, cause{
		"a connection opens, but no TLS comes back: something between the API server and the pods swallows packets, often a wrong MTU",
		"look at the network plug-in and its MTU"}},
	{[]string{"connection refused"}, cause{
		"nothing listens where the Service leads: a wrong port, or no replica",
		"compare clientConfig.service.port, the ports of the Service and --listen-address of the server, and see whether replicas run"}},
	{[]string{"no route to host"}, cause{
		"the API server cannot reach the network of the pods",
		"let API servers reach the network of pods, or run the server in the network of the nodes (value hostNetwork of the chart)"}},
	{[]string{"network is unreachable"}, cause{
		"the API server cannot reach the network of the pods",
		"let API servers reach the network of pods, or run the server in the network of the nodes (value hostNetwork of the chart)"}},
	{[]string{"dial tcp", "i/o timeout"}, cause{
		"packets from the API server to the pods are dropped: a firewall, a NetworkPolicy or the network plug-in",
		"allow API servers to reach port 9443 of the pods: on private GKE clusters by a firewall rule, on EKS with a foreign CNI by hostNetwork"}},
	{[]string{"awaiting headers"}, cause{
		"no answer comes in time: packets are dropped after the connection is open or before, or the server is too slow",
		"see whether the server's metrics count the review; if not, allow API servers to reach port 9443 of the pods; if so, look at its CPU limit"}},
	{[]string{"deadline exceeded"}, cause{
		"no answer comes in time: packets are dropped by a firewall, a NetworkPolicy or the network plug-in, or the server is too slow",
		"see whether the server's metrics count the review; if not, allow API servers to reach port 9443 of the pods; if so, look at its CPU limit"}},
	{[]string{"could not find the requested resource"}, cause{
		"something answers 404: the path in the configuration is not served, or another program listens there",
		"correct clientConfig.service.path; the paths are in docs/endpoints.md; install the server in the version of the configuration"}},
	{[]string{"currently unable to handle the request"}, cause{
		"a replica was reached, but cannot decide yet (503)",
		"see the server's log: most likely it may not list what it needs, see the check of rights"}},
	{[]string{"expected webhook response"}, cause{
		"something that is no admission server answers",
		"correct the Service: another program listens there"}},
	{[]string{"connection reset"}, cause{
		"the connection was cut: by the server, or by something between",
		"see the server's log, and what stands between the API server and the pods"}},
	{[]string{"EOF"}, cause{
		"the connection was closed before an answer: no replica is ready, or it was just stopped",
		"see whether replicas run and are ready"}},
}

// isCallFailure says whether the API server reports that it could not call a webhook, and not that a webhook said no.
func isCallFailure(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "failed calling webhook") || strings.Contains(err.Error(), "conversion webhook for"))
}

// causeOf finds the cause of a call that failed.
func causeOf(err error) cause {
	text := err.Error()
	for _, known := range callCauses {
		found := true
		for _, word := range known.words {
			found = found && strings.Contains(text, word)
		}
		if found {
			return known.cause
		}
	}
	return cause{"the API server cannot call the server", "the words of the API server say why"}
}

// failedCall says why a call failed, with the words of the API server.
func failedCall(what string, err error) check {
	why := causeOf(err)
	return isWrong(why.remedy, "%s: %s; the API server says: %s", what, why.what, oneLine(err.Error()))
}
