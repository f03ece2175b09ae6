// Package resourcedryrun asks the API server whether it would create a Secret or a ConfigMap that a ResourceDistribution is to copy to
// namespaces.
//
// Only the API server knows: what is valid depends on its version, and admission plugins, policies and webhooks of the cluster have their
// say. A [Checker] therefore creates the object by dry run, in the server's own namespace, and reads the answer: it would be
// created, it is refused with causes, or an error that means "cannot tell".
//
// What it sends is written by somebody else. So the resource of the request is one of two that are written here, the
// namespace is the server's own whatever the object says, nothing is ever stored, and questions in flight are bounded.
package resourcedryrun
